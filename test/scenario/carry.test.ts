/** A school without a line: its records travel by hand, and only the platform's signed word lets go of them. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import { bundleEndSchema, bundleHeaderSchema } from "../../config/schema/bundle.ts";
import { batchId } from "../../gateway/encode/encoder.ts";
import { Receiver } from "../../simulator/platform/receiver.ts";
import { typed } from "../unit/cli/typed.ts";
import { type School, school } from "./apply-school.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const text = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  return { text, privateKey };
};

async function world(): Promise<{
  s: School;
  stick: string;
  key: KeyObject;
  typed(...argv: string[]): Promise<{ code: number; out: string[]; err: string[] }>;
  emit(count: number): Promise<void>;
  waiting(): number;
}> {
  const { text, privateKey } = pair();
  const uplink = (url: string) =>
    `{ kind: mqtt, url: "${url}", user: gw, password: secret:north, carryKey: ${text} }`;
  // Nobody is there.
  const s = await school({
    devices: { "101-air": { room: "101" } },
    uplinks: { province: uplink("mqtt://[::1]:9") },
  });
  undo.push(() => s.stop());
  const stick = mkdtempSync(join(tmpdir(), "ce-stick-"));
  undo.push(() => rmSync(stick, { recursive: true, force: true }));
  const device = s.device("101-air", await s.port("broker"));
  await device.start();
  return {
    s,
    stick,
    key: privateKey,
    typed: (...words) => typed([...words, "--config", s.folder.config]),
    async emit(count) {
      for (let n = 0; n < count; n++) device.emit({ co2: s.fresh() });
      await device.idle();
    },
    waiting: () => s.agent.status().uplinks[0]?.waiting ?? 0,
  };
}

/** What a platform makes of a bundle: every batch judged by the simulated receiver, and a signed receipt for all. */
function platformReads(
  file: string,
  receiver: Receiver,
  key: KeyObject,
  change: (body: object) => object = (b) => b,
) {
  const [first = "", ...lines] = gunzipSync(readFileSync(file)).toString("utf8").trimEnd().split("\n");
  const header = bundleHeaderSchema.parse(JSON.parse(first));
  const end = bundleEndSchema.parse(JSON.parse(lines.pop() as string));
  expect(end.batches).toBe(lines.length);
  const epochs = new Map<string, { epoch: string; first: number; last: number; rejected: object[] }>();
  for (const line of lines) {
    const body = Buffer.from(line);
    const outcome = receiver.accept({ body, id: batchId(body), at: 1 });
    if (outcome.kind !== "answer") throw new Error(`a batch of the bundle was ${outcome.kind}`);
    const { batch, receipt } = outcome;
    const known = epochs.get(batch.epoch) ?? {
      epoch: batch.epoch,
      first: batch.first as number,
      last: 0,
      rejected: [],
    };
    known.last = batch.last as number;
    known.rejected.push(...receipt.rejected);
    epochs.set(batch.epoch, known);
  }
  const { school: id, gateway, uplink, filter } = header;
  const body = JSON.stringify(
    change({ v: 1, school: id, gateway, uplink, filter, at: 2, epochs: [...epochs.values()] }),
  );
  const sig = sign(null, Buffer.from(body), key).toString("base64");
  return { text: JSON.stringify({ v: 1, body, sig }), records: end.records };
}

const bundles = (stick: string) => readdirSync(stick).filter((name) => name.endsWith(".bundle.gz"));

it("exports what waits, keeps it, and lets go of it by the platform's signed receipt alone", async () => {
  const w = await world();
  await w.emit(2500);
  const before = w.waiting();
  const exported = await w.typed("buffer", "export", "--file", w.stick);
  expect(exported).toMatchObject({ code: 0, err: [] });
  expect(exported.out.join("\n")).toContain("buffer import");
  const [name = ""] = bundles(w.stick);
  expect(name).toMatch(/^2133000001-gw1-province-\d{8}T\d{6}\.bundle\.gz$/);
  expect(readdirSync(w.stick)).toEqual([name]);
  expect(w.waiting()).toBe(before);

  const receiver = new Receiver();
  const { text, records } = platformReads(join(w.stick, name), receiver, w.key);
  expect(receiver.records).toHaveLength(records);
  expect(receiver.streams.every(({ next, head }) => next === head + 1)).toBe(true);

  const file = join(w.stick, "receipt.json");
  const bad = { ...(JSON.parse(text) as { sig: string }) };
  writeFileSync(
    file,
    JSON.stringify({ ...bad, sig: sign(null, Buffer.from("x"), w.key).toString("base64") }),
  );
  const refused = await w.typed("buffer", "import", "--file", file, "--lang", "en");
  expect(refused.code).toBe(2);
  expect(refused.err.join()).toContain("signature is wrong");
  expect(w.waiting()).toBe(before);

  writeFileSync(file, text);
  const imported = await w.typed("buffer", "import", "--file", file, "--lang", "en");
  expect(imported).toMatchObject({ code: 0, err: [] });
  expect(imported.out.join()).toContain(`the platform confirmed ${before} records`);
  expect(w.waiting()).toBe(0);
  expect(w.s.agent.status().uplinks[0]).toMatchObject({ lost: 0, quarantined: 0 });
  // Twice is as good as once.
  const again = await w.typed("buffer", "import", "--file", file, "--lang", "en");
  expect(again.out.join()).toContain("confirmed 0 records");
});

it("goes on in another file where the first ended, and takes receipts in order alone", async () => {
  const w = await world();
  await w.emit(300);
  const first = join(w.stick, "first.bundle.gz");
  const second = join(w.stick, "second.bundle.gz");
  const exported = await w.typed("buffer", "export", "--file", first, "--json");
  const { next } = JSON.parse(exported.out.join("")) as { next: string };
  await w.emit(200);
  const all = w.waiting();
  expect((await w.typed("buffer", "export", "--file", second, "--after", next)).code).toBe(0);
  const receiver = new Receiver();
  const one = platformReads(first, receiver, w.key);
  const two = platformReads(second, receiver, w.key);
  const file = join(w.stick, "receipt.json");
  writeFileSync(file, two.text);
  const early = await w.typed("buffer", "import", "--file", file, "--lang", "en");
  expect(early.out.join()).toContain("confirmed 0 records");
  expect(w.waiting()).toBe(all);
  for (const { text } of [one, two]) {
    writeFileSync(file, text);
    await w.typed("buffer", "import", "--file", file);
  }
  expect(w.waiting()).toBe(0);
  expect(receiver.counters.duplicates).toBe(0);
});

it("lets go of nothing for a receipt of a bundle that left out what is sent now", async () => {
  const w = await world();
  await w.emit(50);
  const file = join(w.stick, "b.bundle.gz");
  const receipt = join(w.stick, "r.json");
  const narrow = (text: string) => text.replace(/carryKey:/, "send: { kinds: [event] }, carryKey:");
  const wide = readFileSync(join(w.s.folder.config, "school.yaml"), "utf8");
  writeFileSync(join(w.s.folder.config, "school.yaml"), narrow(wide));
  expect((await w.typed("apply", "--yes")).code).toBe(0);
  await w.typed("buffer", "export", "--file", file);
  const { text } = platformReads(file, new Receiver(), w.key);
  writeFileSync(receipt, text);
  writeFileSync(join(w.s.folder.config, "school.yaml"), wide);
  expect((await w.typed("apply", "--yes")).code).toBe(0);
  const waiting = w.waiting();
  const refused = await w.typed("buffer", "import", "--file", receipt, "--lang", "en");
  expect(refused.code).toBe(2);
  expect(refused.err.join()).toContain("was changed since the export");
  expect(w.waiting()).toBe(waiting);
  const receiver = new Receiver();
  await w.typed("buffer", "export", "--file", file);
  writeFileSync(receipt, platformReads(file, receiver, w.key).text);
  expect((await w.typed("buffer", "import", "--file", receipt)).code).toBe(0);
  expect(w.waiting()).toBe(0);
  expect(receiver.records.filter(({ point }) => point === "co2")).toHaveLength(50);
});

it("quarantines what a carried receipt rejects, lists it, and takes no receipt of another gateway", async () => {
  const w = await world();
  await w.emit(50);
  const file = join(w.stick, "b.bundle.gz");
  await w.typed("buffer", "export", "--file", file);
  const { text } = platformReads(file, new Receiver(), w.key, (body) => {
    const { epochs } = body as { epochs: { rejected: object[] }[] };
    epochs[0]?.rejected.push({ seq: 7, code: "unit" });
    return body;
  });
  const other = platformReads(file, new Receiver(), w.key, (body) => ({ ...body, gateway: "gw2" }));
  const receipt = join(w.stick, "r.json");
  writeFileSync(receipt, other.text);
  expect((await w.typed("buffer", "import", "--file", receipt, "--lang", "en")).err.join()).toContain(
    "another school's",
  );
  writeFileSync(receipt, text);
  await w.typed("buffer", "import", "--file", receipt);
  expect(w.s.agent.status().uplinks[0]).toMatchObject({ quarantined: 1, waiting: 0 });
  const listed = await w.typed("buffer", "list", "--lang", "en");
  expect(listed.code).toBe(1);
  expect(listed.out.join("\n")).toMatch(/refused 1 record[\s\S]*unit {2}1[\s\S]*101-air/);
  const look = await w.typed("buffer", "--lang", "en");
  expect(look.out.join("\n")).toMatch(/province[\s\S]*refused 1/);
  const retried = await w.typed("buffer", "retry", "--code", "unit", "--lang", "en");
  expect(retried.out.join()).toContain("1 records are to be sent again");
});

it.each([
  [["buffer", "exprot"], "did you mean export?"],
  [["buffer", "export", "--uplink", "provinse"], "did you mean province?"],
  [["buffer", "export", "--file", "/nowhere/at/all"], "is the stick mounted?"],
  [["buffer", "export", "--after", "5"], "as the last export told"],
  [["buffer", "import"], "write --file RECEIPT"],
  [["buffer", "import", "--file", "/nowhere"], "there is no file /nowhere"],
])("says what is wrong with %j", async (argv, words) => {
  const w = await world();
  const { code, err } = await w.typed(...argv, "--lang", "en");
  expect(code).toBe(2);
  expect(err.join()).toContain(words);
});
