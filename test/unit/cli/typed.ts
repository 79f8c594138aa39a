import { program } from "../../../edge/cli/program.ts";

/**
 * Types one command in this process, and is stopped by `signal`.
 * @returns its exit code and what it wrote, by lines; `text`: all that it gave out
 */
export async function typed(
  words: readonly string[],
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<{ code: number; out: string[]; err: string[]; text: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await program(words, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: { LANG: "C" },
    signal,
  });
  return { code, out, err, text: out.join("\n") };
}
