/**
 * Preloaded with --import: the journal's file is opened with synchronous=NORMAL, so that a commit waits for no disk.
 * A proof about power cuts must find what is lost then, or it proves nothing.
 */
import { registerHooks } from "node:module";

const asked = `\`synchronous = \${options.synchronous}\``;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/edge/sqlite.ts")) return loaded;
    const source = String(loaded.source);
    if (!source.includes(asked)) throw new Error("edge/sqlite.ts no longer says how it synchronises");
    return { ...loaded, source: source.replace(asked, '"synchronous = NORMAL"') };
  },
});
