/**
 * Cards and codes through a whole gateway, with platform, local history and status: nothing that it keeps, says or
 * sends has a number or a code in it, however it is written.
 */
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { DriverContext } from "../../drivers/contract/index.ts";
import type { ReaderDevice } from "../../drivers/reader/fields.ts";
import { readerDriver } from "../../drivers/reader/index.ts";
import { startAgent, systemClock } from "../../edge/agent/index.ts";
import { fetchHistory, fetchStatus } from "../../gateway/status/client.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { recordingLog } from "../fake-clock.ts";
import { FarEnd } from "../unit/line/far-end.ts";
import { ascii, reader, tag } from "../unit/reader/cards.ts";
import { drained, until } from "./apply-school.ts";
import { schoolFolder, schoolSection } from "./school-folder.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const never = new AbortController().signal;
/** Version byte and number. */
const version = "62";
const number = "E3086CED";
const decimal = String(Number.parseInt(number, 16));
const code = "ZXM-canary-7f3a91c2-0d55";

const backwards = (text: string) => [...text].reverse().join("");
const turned = (hex: string) => Buffer.from(hex, "hex").reverse().toString("hex");

/** Base64 of these bytes as they stand in any longer text. */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // Signs that hang on what is in front or behind are left out.
    const inner = whole.slice(shift === 0 ? 0 : shift + 1, -1);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Every way of writing them down. */
const canaries: Buffer[] = [
  ...[number, turned(number), version + number, turned(version + number)].flatMap((hex) => [
    Buffer.from(hex.toUpperCase()),
    Buffer.from(hex.toLowerCase()),
    Buffer.from(backwards(hex.toUpperCase())),
    Buffer.from(hex.replace(/../g, "$& ").trim()),
    Buffer.from(hex.toLowerCase().replace(/../g, "$& ").trim()),
  ]),
  ...[
    decimal,
    String(Number.parseInt(turned(number), 16)),
    String(Number.parseInt(version + number, 16)),
  ].flatMap((digits) => [Buffer.from(digits), Buffer.from(backwards(digits))]),
  Buffer.from(version + number, "hex"),
  Buffer.from(turned(version + number), "hex"),
  ...[code, backwards(code)].flatMap((text) => [Buffer.from(text), Buffer.from(text, "utf16le")]),
  Buffer.from(Buffer.from(code).toString("hex")),
  Buffer.from(Buffer.from(code).toString("hex").toUpperCase()),
  Buffer.from("canary"),
  ...[Buffer.from(code), Buffer.from(number), Buffer.from(decimal), Buffer.from(version + number, "hex")]
    .flatMap(inBase64)
    .map((text) => Buffer.from(text)),
];

const hitsIn = (what: string, bytes: Buffer): string[] =>
  canaries
    .filter((canary) => bytes.includes(canary))
    .map((canary) => `${what}: ${canary.toString("latin1")}`);

/** Every file below a folder; the socket is none. */
const filesIn = (folder: string): [string, Buffer][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path)]);

/** What a reader may say: right, misread, cut, too long, in another encoding. */
const tags = [
  tag(version + number),
  Uint8Array.of(...tag(version + number).slice(0, 11), 0x30, 0x30, 0x03),
  tag(version + number).slice(0, 11),
  ascii(number),
];
const codes = [
  ascii(`${code}\r`),
  ascii(`${code}\0\r`),
  Uint8Array.of(...ascii(code), 0xff, 0x0d),
  ascii(`${code.repeat(40)}\r`),
  ascii(code),
];

it("finds them where they are", () => {
  for (const [index, canary] of canaries.entries()) {
    expect(canary.length, String(index)).toBeGreaterThan(4);
    expect(hitsIn("planted", Buffer.concat([Buffer.from("x"), canary, Buffer.from("y")]))).not.toEqual([]);
  }
  for (const said of [...tags, ...codes]) expect(hitsIn("said", Buffer.from(said))).not.toEqual([]);
});

it("a card and a code leave nothing of themselves in a gateway but their digests", async () => {
  const gate = await FarEnd.listen();
  undo.push(() => gate.close());
  const desk = await FarEnd.listen();
  undo.push(() => desk.close());
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  undo.push(() => platform.stop());
  const folder = schoolFolder({}, { north: "north" });
  undo.push(() => folder.remove());
  writeFileSync(
    join(folder.config, "school.yaml"),
    `${schoolSection}
buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB, history: 100MB, commit: { ack: 20ms, polled: 100ms } }
links:
  gate: { kind: reader, host: 127.0.0.1, port: ${gate.port} }
  desk: { kind: reader, host: 127.0.0.1, port: ${desk.port} }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north, send: { levels: [1, 2, 3, 4] } } }
devices:
  gate-card: { profile: rdm6300, via: gate, space: 101 }
  desk-qr: { profile: gm65, via: desk, space: 102 }
`,
  );
  const log = recordingLog();
  const agent = await startAgent(folder.plan(), { clock: systemClock(), log, random: () => 0 });
  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= agent.stop();
    return stopped;
  };
  undo.push(stop);
  await until(() => agent.status().links.every(({ state }) => state === "ok"));

  const recordsOf = (device: string) => platform.records().filter((one) => one.device === device);
  const saidOf = (device: string, point: string) =>
    recordsOf(device).find((one) => one.point === point)?.value;
  // What is wrong first, so that what is right is stored after all of it.
  for (const said of [...tags].reverse()) {
    gate.say(said);
    await new Promise((resolve) => setTimeout(resolve, said.at(-1) === 3 ? 20 : 1100));
  }
  for (const said of [...codes].reverse()) {
    desk.say(said);
    await new Promise((resolve) => setTimeout(resolve, said.at(-1) === 13 ? 20 : 1100));
  }
  await until(() => saidOf("gate-card", "card") !== undefined && saidOf("desk-qr", "qr") !== undefined);
  await drained(agent);

  // Their digests, and nothing else, are there, and with the school's key anybody here can tell whose they are.
  const key = readFileSync(join(folder.data, "digest.key"));
  const digestOf = (identity: string) =>
    createHmac("sha256", key).update(identity).digest("hex").slice(0, 32);
  expect(saidOf("gate-card", "card")).toBe(digestOf(number));
  expect(saidOf("desk-qr", "qr")).toBe(digestOf(code));
  const stored = filesIn(folder.data);
  expect(stored.some(([path, bytes]) => path.includes("journal") && bytes.includes(digestOf(number)))).toBe(
    true,
  );
  expect(stored.some(([path]) => path.endsWith("-wal"))).toBe(true);

  const status = await fetchStatus(agent.socket, never);
  const history = await remembered(agent.socket, [digestOf(number), digestOf(code)]);
  const shown: [string, Buffer][] = [
    ["status", Buffer.from(JSON.stringify([agent.status(), status]))],
    ["history", Buffer.from(history)],
    ["sent", Buffer.from(JSON.stringify(platform.records()))],
    ["log", Buffer.from(JSON.stringify(log.lines))],
  ];
  expect([...stored, ...shown].flatMap(([what, bytes]) => hitsIn(what, bytes))).toEqual([]);
  await stop();
  const after: [string, Buffer][] = [
    ...filesIn(folder.data),
    ["log", Buffer.from(JSON.stringify(log.lines))],
  ];
  expect(after.flatMap(([what, bytes]) => hitsIn(what, bytes))).toEqual([]);
});

/** What the local history answers, once it has these. */
async function remembered(socket: string, wanted: readonly string[]): Promise<string> {
  for (;;) {
    const asked = ["gate-card", "desk-qr"].map((device) =>
      fetchHistory(socket, { device, limit: 100 }, never),
    );
    const answered = JSON.stringify(await Promise.all(asked));
    if (wanted.every((one) => answered.includes(one))) return answered;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it.each([
  ["cards", reader({ form: "rdm6300" }), tags],
  ["codes", reader({ form: "text" }, "qr"), codes],
] as [string, ReaderDevice, Uint8Array[]][])(
  "what the ring of a line of %s is given shows none of them",
  async (_, device, all) => {
    const end = await FarEnd.listen();
    undo.push(() => end.close());
    const ring: Uint8Array[] = [];
    const said: unknown[] = [];
    const log = recordingLog();
    const context: DriverContext = {
      ...{ clock: systemClock(), log, self: "s-gw1-line", secret: () => new Uint8Array() },
      digest: (identity) => createHmac("sha256", "key").update(identity).digest("hex"),
      trace: (_line, _way, bytes) => void ring.push(bytes),
      report: (fact) => void said.push(fact),
    };
    const link = { host: "127.0.0.1", port: end.port, baud: 9600, format: "8N1" as const };
    const session = await readerDriver.open(link, [device], context, never);
    await session.listen?.(async (message) => void said.push(message), never);
    for (const one of [...all].reverse()) {
      const before = ring.reduce((sum, { length }) => sum + length, 0);
      end.say(one);
      await until(() => ring.reduce((sum, { length }) => sum + length, 0) === before + one.length);
      if (one.at(-1) !== 3 && one.at(-1) !== 13) await new Promise((resolve) => setTimeout(resolve, 1100));
    }
    await session.close();
    expect(JSON.stringify(said)).toContain('"raw"');
    const seen = Buffer.concat(ring);
    expect(seen.length).toBe(all.reduce((sum, { length }) => sum + length, 0));
    expect(hitsIn("ring", seen)).toEqual([]);
    expect(hitsIn("said", Buffer.from(JSON.stringify([said, log.lines])))).toEqual([]);
  },
);
