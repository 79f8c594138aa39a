import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditName, openAudit, readAudit } from "../../../edge/audit.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ce-audit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, auditName);
async function written(...whats: string[]): Promise<void> {
  const { audit } = await openAudit(folder, () => 1000);
  for (const what of whats) await audit.write("local:test", what, { device: "301-panel" });
  await audit.close();
}
const change = (line: number, edit: (text: string) => string) => {
  const lines = readFileSync(path(), "utf8").split("\n");
  lines[line] = edit(lines[line] ?? "");
  writeFileSync(path(), lines.join("\n"));
};

describe("the audit", () => {
  it("goes on where it ended, over every opening, and says that nothing is wrong", async () => {
    await written("a", "b");
    await written("c");
    const { entries, breaks, torn } = await readAudit(folder);
    expect(entries.map(({ n, what }) => [n, what])).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
    ]);
    expect({ breaks, torn }).toEqual({ breaks: [], torn: 0 });
    expect(statSync(path()).mode & 0o777).toBe(0o640);
  });

  it("shows at its line what was changed", async () => {
    await written("a", "b", "c");
    change(1, (text) => text.replace("301-panel", "302-panel"));
    expect((await readAudit(folder)).breaks).toEqual([{ file: auditName, line: 2, what: "changed" }]);
  });

  it("shows what was changed with its hash, at the line behind it", async () => {
    await written("a", "b", "c");
    const { entries } = await readAudit(folder);
    const { auditHash } = await import("../../../edge/audit.ts");
    const [, second] = entries;
    if (second === undefined) throw new Error("there are three");
    const forged = { ...second, facts: { device: "302-panel" } };
    change(1, () => JSON.stringify({ ...forged, hash: auditHash(forged) }));
    expect((await readAudit(folder)).breaks).toEqual([{ file: auditName, line: 3, what: "missing" }]);
  });

  it.each([0, 1])("shows that line %i was taken out", async (line) => {
    await written("a", "b", "c", "d");
    const lines = readFileSync(path(), "utf8").split("\n");
    writeFileSync(path(), lines.filter((_, index) => index !== line).join("\n"));
    const { breaks, entries } = await readAudit(folder);
    // The first may be gone with the files that were let go.
    expect(breaks).toEqual(line === 0 ? [] : [{ file: auditName, line: 2, what: "missing" }]);
    expect(entries[0]?.n).toBe(line === 0 ? 2 : 1);
  });

  it("shows what is no entry", async () => {
    await written("a", "b");
    change(0, () => "hello");
    expect((await readAudit(folder)).breaks[0]).toEqual({ file: auditName, line: 1, what: "unreadable" });
  });

  it("cuts off what a power cut left unfinished, at every byte, says so, and goes on", async () => {
    await written("a", "b");
    const whole = readFileSync(path());
    const start = whole.indexOf("\n") + 1;
    for (let size = start + 1; size < whole.length; size += 7) {
      writeFileSync(path(), whole);
      truncateSync(path(), size);
      await written("c");
      const { entries, breaks, torn } = await readAudit(folder);
      expect(entries.map(({ what }) => what)).toEqual(["a", "audit.torn", "c"]);
      expect({ breaks, torn }).toEqual({ breaks: [], torn: 0 });
    }
  });

  it("cuts off no more than what is unfinished, also amid a Chinese sign or where the disk left zeros and noise", async () => {
    const { audit } = await openAudit(folder, () => 1000);
    await audit.write("local:test", "a", {});
    const kept = statSync(path()).size;
    await audit.write("local:test", "b", { why: "投影机坏了" });
    await audit.close();
    const whole = readFileSync(path());
    const ends = [...Array(whole.length - kept - 1).keys()].map((cut) => whole.subarray(0, kept + cut + 1));
    const noise = [0x00, 0xff, 0x80].map((byte) =>
      Buffer.concat([whole.subarray(0, kept), Buffer.alloc(500, byte)]),
    );
    for (const left of [...ends, ...noise, Buffer.alloc(500, 0xff)]) {
      writeFileSync(path(), left);
      await written("c");
      await written("d");
      const { entries, breaks, torn } = await readAudit(folder);
      expect(entries.map(({ what }) => what)).toEqual([
        ...(left[0] === 0xff ? [] : ["a"]),
        "audit.torn",
        "c",
        "d",
      ]);
      expect(entries.find(({ what }) => what === "audit.torn")?.facts).toEqual({
        bytes: left.length - (left[0] === 0xff ? 0 : kept),
      });
      expect({ breaks, torn }).toEqual({ breaks: [], torn: 0 });
    }
  });

  it("begins another file when one is full, keeps the chain over all, and lets the oldest go", async () => {
    const { audit } = await openAudit(folder, () => 1000, { fileBytes: 20_000, allBytes: 100_000 });
    const facts = { text: "x".repeat(1000) };
    for (let n = 0; n < 200; n++) await audit.write("local:test", "a", facts);
    await audit.close();
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(sizes.length).toBeGreaterThan(4);
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(122_000);
    const { entries, breaks } = await readAudit(folder);
    expect(breaks).toEqual([]);
    expect(entries.at(-1)?.n).toBe(200);
    expect(entries[0]?.n).toBeGreaterThan(1);
  });

  it("goes on after a write that failed, without half a line", async () => {
    const { audit } = await openAudit(folder, () => 1000);
    await audit.write("local:test", "a", {});
    await expect(audit.write("local:test", "b", { text: "x".repeat(20_000) })).rejects.toThrow("longer");
    appendFileSync(path(), "");
    await audit.write("local:test", "c", {});
    await audit.close();
    const { entries, breaks } = await readAudit(folder);
    expect(entries.map(({ what }) => what)).toEqual(["a", "c"]);
    expect(breaks).toEqual([]);
  });

  it.each([
    ["deleted", () => rmSync(path())],
    ["turned by another program", () => renameSync(path(), `${path()}.1`)],
    ["emptied", () => writeFileSync(path(), "")],
  ])(
    "goes on in a file of its name when its own was %s, says so, and what is written then is there after a restart",
    async (_, harm) => {
      const { audit } = await openAudit(folder, () => 1000, { fileBytes: 600, allBytes: 100_000 });
      await audit.write("local:test", "a", { text: "x".repeat(500) });
      harm();
      await audit.write("local:test", "b", {});
      await audit.write("local:test", "c", {});
      await audit.close();
      const { read } = await openAudit(folder, () => 1000);
      expect(read.entries.map(({ n, what }) => [n, what])).toEqual([
        [2, "audit.gone"],
        [3, "b"],
        [4, "c"],
      ]);
      expect(read.breaks).toEqual([]);
    },
  );

  it("leaves what another wrote behind it, which shows, and goes on", async () => {
    const { audit } = await openAudit(folder, () => 1000);
    await audit.write("local:test", "a", {});
    appendFileSync(path(), "hello\n");
    await audit.write("local:test", "b", {});
    await audit.close();
    const { entries, breaks } = await readAudit(folder);
    expect(entries.map(({ what }) => what)).toEqual(["a", "b"]);
    expect(breaks).toEqual([{ file: auditName, line: 2, what: "unreadable" }]);
  });
});
