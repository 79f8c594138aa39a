/** `report recording` as it is typed, of a running gateway with a broker and a Modbus line. */
import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readRecording } from "../../../config/schema/recording.ts";
import { type Agent, startAgent, systemClock } from "../../../edge/agent/index.ts";
import { program } from "../../../edge/cli/program.ts";
import { recordingLog } from "../../fake-clock.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";

let folder: SchoolFolder;
let agent: Agent;
let client: mqtt.MqttClient;
let page: { host: string; port: number };
const log = recordingLog();
const undo: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }
status: { listen: "127.0.0.1:0" }
`,
      "devices.yaml": `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" }, rs1: { kind: modbus-rtu, device: /dev/ce-nothing, baud: 9600, format: 8N1 } }
devices:
  101-air: { profile: mqtt-air-json, via: broker, user: wang-laoshi, password: secret:d101, space: 101 }
  102-air: { profile: jxct-air-board, via: rs1, unit: 1, space: 102 }
`,
    },
    { d101: "one-two-three" },
  );
  undo.push(() => folder.remove());
  const listening = Promise.withResolvers<number>();
  agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log,
    onFact: (_link, fact) => fact.what === "listening" && listening.resolve(fact.port),
  });
  undo.push(() => agent.stop());
  await vi.waitFor(() => expect(agent.page()).not.toBeNull());
  page = agent.page() as typeof page;
  client = await mqtt.connectAsync(`mqtt://127.0.0.1:${await listening.promise}`, {
    ...{ clientId: "wang-phone", username: "wang-laoshi", password: "one-two-three" },
    ...{ protocolVersion: 4, reconnectPeriod: 0 },
  });
  undo.push(() => client.endAsync(true));
});
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Types `report recording` with these words; `stop` interrupts it. */
function typing(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const done = program(["report", "recording", ...argv, "--config", folder.config], {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: { LANG: "C" },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]),
  });
  return { out, err, stop, done };
}

const say = (co2: number) =>
  client.publishAsync(
    "ce/v1/101-air/up/prop",
    JSON.stringify({ p: { co2 }, who: "zhangwei", ip: "192.168.1.7" }),
    { qos: 1 },
  );

describe("report recording of a running gateway", () => {
  it("prints what was said as a file, ends when its time is over, and tells how far it is elsewhere", async () => {
    const { out, err, done } = typing("broker", "--for", "1s", "--lang", "en");
    await vi.waitFor(() => expect(err.join()).toContain("recording for 1 s"));
    await say(612);
    expect(await done).toBe(0);
    const { header, entries } = readRecording(out.join("\n"));
    expect(header).toMatchObject({
      link: { kind: "mqtt-broker" },
      ended: "time",
      ms: 1000,
      entries: 1,
      dropped: 0,
    });
    expect(entries[0]).toMatchObject({ connection: 1, qos: 1 });
    expect(JSON.stringify(entries)).toContain('\\"co2\\":612');
    expect(out.join()).not.toMatch(/wang|zhangwei|one-two|192\.168|127\.0|101-air|ce-nothing|2133000001/);
    expect(err.at(-1)).toBe("1 s, 1 entries. Look through it before you send it");
    expect(
      log.lines.filter(({ sentence }) => sentence.startsWith("a recording")).map(({ fields }) => fields),
    ).toEqual([
      { link: "broker", seconds: 1 },
      { link: "broker", seconds: 1, entries: 1, dropped: 0, ended: "time" },
    ]);
  });

  it("keeps what there is when it is interrupted, as JSON too", async () => {
    const { out, err, done, stop } = typing("broker", "--for", "10min", "--json");
    await vi.waitFor(() => expect(err.join()).toContain("在录，600 秒"));
    await say(700);
    stop.abort(new Error("SIGINT"));
    expect(await done).toBe(0);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      header: { ended: "asked", entries: 1 },
      entries: [{ qos: 1 }],
    });
  });

  it("says that another is under way, and for how long", async () => {
    const first = typing("broker", "--for", "2min");
    await vi.waitFor(() => expect(first.err).not.toEqual([]));
    const second = typing("rs1", "--lang", "en");
    expect(await second.done).toBe(2);
    expect(second.err.join()).toMatch(/broker is being recorded already, .*try again in 1[12]\d s at most/);
    first.stop.abort(new Error("SIGINT"));
    expect(await first.done).toBe(1);
    expect(first.err.at(-1)).toContain("线路上什么也没有");
  });

  it.each([
    [["brokr"], 'has no link "brokr"; did you mean broker? There are broker, rs1'],
    [["nothing-like-it"], 'has no link "nothing-like-it"; there are broker, rs1'],
    [[], "it does not say which link; there are broker, rs1; such as campus-edge report recording broker"],
    [["broker", "--for", "60"], '--for: "60" has no unit; write it like 60s'],
    [["broker", "--for", "60S"], "did you mean 60s?"],
    [["broker", "--for", "1h"], "--for cannot be 1h; write 1s to 10min, such as 60s"],
    [["broker", "--for", "20ms"], "--for cannot be 20ms"],
    [["broker", "rs1"], '"rs1" is not expected here'],
  ])("of %j says what is wrong and ends with 2", async (words, told) => {
    const { out, err, done } = typing(...words, "--lang", "en");
    expect([await done, out]).toEqual([2, []]);
    expect(err.join()).toContain(told);
  });

  it("is not to be had from the page", async () => {
    for (const method of ["GET", "POST"]) {
      const answer = await fetch(`http://127.0.0.1:${page.port}/recording`, {
        method,
        ...(method === "POST"
          ? {
              body: '{"do":"start","link":"broker","forMs":1000}',
              headers: { "content-type": "application/json" },
            }
          : {}),
      });
      expect([404, 405, 413]).toContain(answer.status);
    }
  });

  it("keeps what it has when the gateway goes, and says when none is there", async () => {
    const going = typing("broker", "--for", "10min", "--lang", "en");
    await vi.waitFor(() => expect(going.err).not.toEqual([]));
    await say(801);
    await vi.waitFor(() => expect(going.err.join()).toContain("s, 1 entries"), 10_000);
    await agent.stop();
    expect(await going.done).toBe(1);
    const { header } = readRecording(going.out.join("\n"));
    expect(header).toMatchObject({ ended: "lost", entries: 1 });
    const none = typing("broker", "--lang", "en");
    expect(await none.done).toBe(2);
    expect(none.err.join()).toContain("no gateway is running here");
  });
});
