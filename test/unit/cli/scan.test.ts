/** `scan` as it is typed, and what it gives to paste. */
import { connect } from "mqtt";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startAgent, systemClock } from "../../../edge/agent/index.ts";
import { type PortPlaced, portLines, strangerLines } from "../../../edge/cli/scan-lines.ts";
import { recordingLog } from "../../fake-clock.ts";
import { schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { typed } from "./typed.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

it("lists what it looks for, and asks what a slip meant", async () => {
  const list = await typed(["scan", "--lang", "en"]);
  expect([list.code, list.out.length]).toEqual([0, 6]);
  const slip = await typed(["scan", "seriel", "--lang", "en"]);
  expect([slip.code, slip.err]).toEqual([
    2,
    ['campus-edge: scan does not look for "seriel"; did you mean serial?'],
  ]);
  const much = await typed(["scan", "onvif", "rs1", "--lang", "en"]);
  expect([much.code, much.err]).toEqual([2, ['campus-edge: scan onvif takes no link; leave out "rs1"']]);
  const far = await typed(["scan", "constructor", "--lang", "zh"]);
  expect([far.code, far.err[0]]).toEqual([
    2,
    "campus-edge: scan 不会找“constructor”；能找的有 serial、mqtt、modbus、dlt645、onvif、pjlink",
  ]);
});

describe("ports of this machine", () => {
  const port = (more: Partial<PortPlaced>): PortPlaced => ({
    device: "/dev/ttyUSB0",
    lasting: "/dev/serial/by-id/usb-FTDI_A5-if00-port0",
    belongsTo: "adapter",
    model: "FTDI FT232R",
    links: [],
    ...more,
  });

  it("are given to paste where no link has them, under ids that are free, and the files load then", () => {
    const console = port({ device: "/dev/ttyS0", lasting: "/dev/ttyS0", belongsTo: "console", model: null });
    const lines = portLines(
      [
        port({ links: ["rs2"] }),
        port({ lasting: "/dev/serial/by-path/pci-1", belongsTo: "socket" }),
        console,
      ],
      new Set(["rs2"]),
      "en",
    );
    const at = lines.indexOf("links:");
    expect(lines.slice(at)).toEqual([
      "links:",
      "  rs1: { kind: modbus-rtu, device: /dev/serial/by-path/pci-1, baud: 9600, format: 8N1 }",
    ]);
    expect(lines.slice(1, 4).map((line) => line.split(/ {2,}/).at(-1))).toEqual([
      "stays with the adapter, whatever socket it is in",
      "stays with the USB socket: leave the adapter in it",
      "the console of this machine: not for devices",
    ]);
    const folder = schoolFolder(
      {
        "school.yaml": schoolSection,
        "pasted.yaml": `${lines.slice(at).join("\n")}\n`,
        "devices.yaml": "devices: { 101-air: { profile: jxct-air-board, via: rs1, unit: 2, space: 101 } }\n",
      },
      {},
    );
    undo.push(() => folder.remove());
    expect(folder.plan().links.map(({ id }) => id)).toEqual(["rs1"]);
  });

  it("that have no name that lasts, and none at all, are told with what to do", () => {
    expect(portLines([port({ lasting: null })], new Set(), "zh")[1]).toContain("没有不变的名字");
    expect(portLines([], new Set(), "zh")).toHaveLength(2);
  });
});

describe("devices that knocked", () => {
  it("stand there with what is to be pasted for those that no file names", async () => {
    const folder = schoolFolder(
      {
        "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\n`,
        "devices.yaml": `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices:
  101-air: { profile: mqtt-air-json, via: broker, user: u101, password: secret:d101, space: 101 }
`,
      },
      { d101: "one" },
    );
    undo.push(() => folder.remove());
    const listening = Promise.withResolvers<number>();
    const agent = await startAgent(folder.plan(), {
      clock: systemClock(),
      log: recordingLog(),
      onFact: (_link, fact) => fact.what === "listening" && listening.resolve(fact.port),
    });
    undo.push(() => agent.stop());
    const port = await listening.promise;
    const scan = () => typed(["scan", "mqtt", "--config", folder.config, "--lang", "en"]);
    expect((await scan()).out).toEqual(["nobody knocked and was refused (since the gateway started)"]);
    const client = connect(`mqtt://127.0.0.1:${port}`, {
      clientId: "ESP_7f21",
      username: "esp",
      password: "guess",
      reconnectPeriod: 0,
    });
    client.on("error", () => {});
    undo.push(() => client.endAsync(true));
    const found = await vi.waitFor(async () => {
      const answer = await scan();
      expect(answer.text).toContain("ESP_7f21");
      return answer;
    }, 10_000);
    expect(found.code).toBe(0);
    expect(found.text).not.toContain("guess");
    expect(found.out.slice(found.out.indexOf("devices:"))).toEqual([
      "devices:",
      "  esp-7f21: { profile: MODEL, via: broker, user: esp-7f21, password: secret:esp-7f21, space: ROOM }",
    ]);
  });

  it("are given no id that a device has, and none of signs alone", () => {
    const stranger = (client: string) => ({
      ...{ link: "broker", client, address: "::1", code: "mqtt.credential", first: 0, last: 0, times: 1 },
    });
    const lines = strangerLines(
      [stranger("101 AIR"), stranger("\u4e00\u4e8c"), stranger("")],
      new Set(["101-air"]),
      "zh",
    );
    expect(lines).not.toContain("devices:");
    expect(lines).toHaveLength(5);
  });
});
