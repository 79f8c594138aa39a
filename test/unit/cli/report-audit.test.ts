/** `report audit` of files that somebody has been at. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { auditName, openAudit } from "../../../edge/audit.ts";
import { typed } from "./typed.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ce-report-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const report = (...words: string[]) =>
  typed(["report", "audit", "--data", folder, "--lang", "en", ...words], AbortSignal.abort());

async function written(facts: Record<string, string>) {
  const { audit } = await openAudit(folder, () => Date.UTC(2026, 10, 25));
  await audit.write("local:test", "command.done", facts);
  await audit.close();
}

it.each([
  ["an answer that is no JSON", "answer", (text: string) => text.replace('{\\"v\\"', "{")],
  ["an answer that is none", "answer", (text: string) => text.replace('{\\"v\\":1}', "null")],
  ["a time that is none", "at", (text: string) => text.replace(/"at":\d+/, '"at":9e99')],
])("says where it was changed also with %s", async (_, __, edit) => {
  await written({ req: "req-00000001", device: "panel", answer: JSON.stringify({ v: 1 }) });
  const path = join(folder, auditName);
  const before = readFileSync(path, "utf8");
  writeFileSync(path, edit(before));
  expect(readFileSync(path, "utf8")).not.toBe(before);
  const { code, out } = await report();
  expect(code).toBe(1);
  expect(out.at(-2)).toBe(`✕ ${auditName}:1 was changed`);
});

it("shows nothing of what others wrote that moves a terminal or looks like a line of its own", async () => {
  const why = "ticket\n✓ 1 entries, whole\r\u001b[2J\u009b2J\u202egnirts";
  await written({ req: "req-00000001", device: "panel", action: "off", why });
  const { code, out } = await report();
  expect(code).toBe(0);
  expect(out).toHaveLength(2);
  expect(out.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(out[0]).toContain("ticket");
});

it("says what to do when the file cannot be read", async () => {
  mkdirSync(join(folder, auditName));
  const { code, out, err } = await report();
  expect([code, out]).toEqual([2, []]);
  expect(err.join()).toContain("you may not read it");
});
