/** `assign` as it is typed: on a line behind a simulated serial server, and on a port, with and without a gateway. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startAgent, systemClock } from "../../../edge/agent/index.ts";
import { readAudit } from "../../../edge/audit.ts";
import { command } from "../../../edge/cli/commands/assign.ts";
import type { Options } from "../../../edge/cli/io.ts";
import type { Question } from "../../../edge/cli/question.ts";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import { Pty } from "../../../simulator/links/pty.ts";
import { SerialServer } from "../../../simulator/links/serial-server.ts";
import type { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { recordingLog } from "../../fake-clock.ts";
import { until } from "../../scenario/apply-school.ts";
import { schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { fresh } from "../assign/world.ts";
import { withoutSocat } from "../line/pty.ts";
import { typed } from "./typed.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A line with a sensor that is polled as unit 5, behind a serial server; `rs2` has another one. */
async function school(slaves: ModbusSlave[]) {
  const clock = systemClock();
  const polled = fresh("jxct-th", { unit: 5 });
  const line = new SimulatedLine({ baud: 9600, clock, slaves: [polled, ...slaves] });
  const other = new SimulatedLine({ baud: 9600, clock, slaves: [fresh("jxct-th", { unit: 5 })] });
  const servers = [new SerialServer(line), new SerialServer(other)];
  for (const server of servers) await server.start();
  const [one, two] = servers.map((server) => server.port);
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { period: 1s }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }
links:
  rs1: { kind: modbus-rtu, host: 127.0.0.1, port: ${one}, baud: 9600, format: 8N1 }
  rs2: { kind: modbus-rtu, host: 127.0.0.1, port: ${two}, baud: 9600, format: 8N1 }
devices:
  air-5: { profile: quick-jxct-th, via: rs1, unit: 5, space: 101 }
  far-5: { profile: quick-jxct-th, via: rs2, unit: 5, space: 102 }
`,
    },
    {},
  );
  for (const name of ["jxct-th", "xy-md02"]) quick(folder.config, name);
  undo.push(
    () => folder.remove(),
    () => line.close(),
    () => other.close(),
    ...servers.map((server) => () => server.stop()),
  );
  return { folder, line, other, polled };
}

/** The model of a device that answers soon, so that nobody waits long for those who do not. */
function quick(config: string, name: string): void {
  const shipped = readFileSync(join(import.meta.dirname, "../../../config/profiles", `${name}.yaml`), "utf8");
  const text = shipped
    .replace(`profile: ${name}`, `profile: quick-${name}`)
    .replace("driver: modbus\n", "driver: modbus\nanswer: 200ms\n");
  writeFileSync(join(config, "profiles", `quick-${name}.yaml`), text);
}

type School = Awaited<ReturnType<typeof school>>;

const run = async ({ folder }: School) => {
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    random: () => 0,
  });
  undo.push(() => agent.stop());
  await until(() => agent.status().devices.every(({ state }) => state === "ok"));
  return agent;
};

const words = ({ folder }: School, ...more: string[]) => [
  "assign",
  ...more,
  "--no-power",
  "--config",
  folder.config,
];

/** Types it at a terminal where `answers` is who is asked. */
async function atTerminal(
  { folder }: School,
  answers: Question,
  options: Options,
  signal = AbortSignal.timeout(60_000),
) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await command(
    {
      ...{ lang: "en", json: false, config: folder.config, env: { USER: "li" }, signal },
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      say: (text) => text.en,
    },
    { argument: "rs1", profile: "quick-jxct-th", to: "12", "no-power": true, ...options },
    answers,
  );
  return { code, out, err };
}

describe("what is typed", () => {
  it("is told with all that is missing, and strangers are sent to scan mqtt", async () => {
    const own = await school([]);
    const none = await typed(words(own, "--lang", "en"));
    expect([none.code, none.err]).toEqual([
      2,
      [
        "campus-edge: it does not say on which link; write rs1 or rs2",
        "campus-edge: it does not say which profile; add --profile PROFILE; campus-edge scan modbus finds it out",
        "campus-edge: it does not say what it shall become; add --to, such as 12@9600",
      ],
    ]);
    const stranger = await typed(words(own, "esp-7f21", "--lang", "zh"));
    expect([stranger.code, stranger.err]).toEqual([2, [expect.stringContaining("campus-edge scan mqtt")]]);
    const wrong = await typed(
      words(own, "rs1", "--profile", "quick-jxct-th", "--from", "0", "--to", "5@4800", "--lang", "zh"),
    );
    expect([wrong.code, wrong.err.length]).toEqual([2, 2]);
    const json = await typed(words(own, "rs1", "--profile", "quick-jxct-th", "--to", "5", "--json"));
    expect([json.code, JSON.parse(json.text).error.what.en]).toEqual([2, "5@9600 is air-5 in the files"]);
  });

  it("has a help", async () => {
    const help = await typed(["assign", "--help", "--lang", "en"]);
    expect([help.code, help.text]).toEqual([0, expect.stringMatching(/--from N@BAUD[\s\S]*--replace/)]);
  });
});

describe("without a gateway", () => {
  it("it is asked, written, verified and in the audit; the lines to paste load", async () => {
    const sensor = fresh("jxct-th");
    const own = await school([sensor]);
    let question = "";
    const yes: Question = (text) => {
      question = text;
      return Promise.resolve("y");
    };
    const { code, out, err } = await atTerminal(own, yes, {});
    expect([code, question]).toEqual([0, "write it now? [y/N] "]);
    expect(sensor.unit).toBe(12);
    expect(err.join("\n")).toContain("unit 12: register 0x0100 := 12 (function 6)");
    expect(out[0]).toBe("✓ rs1 1@9600 is 12@9600 now: it reads there, and the old number is silent");
    const at = out.findIndex((line) => line.startsWith("  rs1-12:"));
    expect(out[at]).toBe("  rs1-12: { profile: quick-jxct-th, via: rs1, unit: 12 }  # add space: ROOM");
    writeFileSync(
      join(own.folder.config, "pasted.yaml"),
      `devices:\n${out[at]?.replace(" }", ", space: 103 }")}\n`,
    );
    expect(own.folder.plan().links[0]?.devices.map(({ id }) => id)).toContain("rs1-12");
    const { entries, breaks } = await readAudit(own.folder.data);
    expect([breaks, entries.map(({ who, what }) => `${who} ${what}`)]).toEqual([
      [],
      ["local:li assign.begun", "local:li assign.ended"],
    ]);
    const shown = await typed(["report", "audit", "--config", own.folder.config, "--lang", "en"]);
    expect(shown.text).toMatch(/assign.ended +rs1 quick-jxct-th 1@9600 → 12@9600 done/);
  }, 30_000);

  it("a no, nobody to ask and Ctrl-C write nothing", async () => {
    const sensor = fresh("jxct-th");
    const own = await school([sensor]);
    const no = await atTerminal(own, () => Promise.resolve("n"), {});
    expect([no.code, no.out[0]]).toEqual([1, "✕ nothing was written"]);
    const nobody = await atTerminal(own, () => null, {});
    expect([nobody.code, nobody.err.at(-1)]).toEqual([2, expect.stringContaining("add --yes")]);
    const stop = new AbortController();
    const open: Question = () => {
      setTimeout(() => stop.abort(), 100);
      return new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve("")));
    };
    const broken = await atTerminal(own, open, {}, stop.signal);
    expect([broken.code, broken.out[0]]).toEqual([1, "✕ interrupted; its line is polled again"]);
    expect(sensor.unit).toBe(1);
    expect((await readAudit(own.folder.data)).entries).toEqual([]);
  }, 30_000);

  it.skipIf(withoutSocat)(
    "a port is set to each speed, the old and the new (needs socat)",
    async () => {
      const sensor = fresh("md02-x100", { baud: 4800 });
      const line = new SimulatedLine({ baud: 9600, clock: systemClock(), slaves: [sensor] });
      const pty = await Pty.open(line, { followsBaud: true });
      const folder = schoolFolder(
        {
          "school.yaml": `${schoolSection}
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }
links: { rs1: { kind: modbus-rtu, device: ${pty.path}, baud: 9600, format: 8N1 } }
`,
        },
        {},
      );
      quick(folder.config, "md02-x100");
      undo.push(
        () => folder.remove(),
        () => line.close(),
        () => pty.close(),
      );
      const { code, text } = await typed(
        [
          ...[
            "assign",
            "rs1",
            "--profile",
            "quick-md02-x100",
            "--from",
            "1@4800",
            "--to",
            "12@9600",
            "--yes",
            "--no-power",
            "--json",
          ],
          ...["--config", folder.config],
        ],
        AbortSignal.timeout(60_000),
      );
      expect([code, JSON.parse(text)]).toEqual([0, expect.objectContaining({ code: "done", audited: true })]);
      expect([sensor.unit, sensor.baud]).toEqual([12, 9600]);
    },
    60_000,
  );
});

describe("through a running gateway", () => {
  it("its line is lent, the others are polled, and all are well again afterwards", async () => {
    const sensor = fresh("jxct-th");
    const own = await school([sensor]);
    const agent = await run(own);
    const linkOf = (id: string) => agent.status().links.find((link) => link.id === id);
    let lent: unknown = null;
    const yes: Question = async () => {
      await until(() => linkOf("rs1")?.code === "E140");
      const asked = own.other.requests.length;
      await until(() => own.other.requests.length > asked + 1);
      lent = [linkOf("rs1")?.code, linkOf("rs2")?.state];
      return "y";
    };
    const { code, out } = await atTerminal(own, yes, {});
    expect([code, out[0]]).toEqual([0, expect.stringContaining("12@9600 now")]);
    expect(lent).toEqual(["E140", "ok"]);
    expect(sensor.unit).toBe(12);
    const asked = own.line.requests.length;
    await until(() => own.line.requests.length > asked + 1 && linkOf("rs1")?.state === "ok");
    const { entries } = await readAudit(own.folder.data);
    expect(entries.map(({ what }) => what)).toEqual(["assign.begun", "assign.ended"]);
    const writes = own.line.requests.filter(({ bytes }) => bytes[1] === 6);
    expect(writes.map(({ bytes }) => bytes[0])).toEqual([1]);
  }, 60_000);

  it("one at a time; a gateway that stops gives the line back and says how far it was", async () => {
    const own = await school([fresh("xy-md02")]);
    const agent = await run(own);
    const wait: Question = async () => {
      const second = await typed(
        words(own, "rs1", "--profile", "xy-md02", "--to", "13", "--yes", "--lang", "en"),
      );
      expect(second.err).toEqual([expect.stringContaining("setting a device for somebody else")]);
      return "y";
    };
    const setting = atTerminal(own, wait, { profile: "quick-xy-md02" });
    await until(() => own.line.requests.some(({ bytes }) => bytes[1] === 6));
    await agent.stop();
    const { code, out, err } = await setting;
    expect(code).not.toBe(0);
    expect([...out, ...err].join("\n")).toMatch(
      /interrupted[\s\S]*it may be at 1@9600, 12@9600|report audit/,
    );
    const { entries } = await readAudit(own.folder.data);
    expect(entries.at(-1)).toMatchObject({
      what: "assign.ended",
      facts: { code: "interrupted", places: "1@9600 12@9600" },
    });
    expect(own.line.requests.filter(({ bytes }) => bytes[1] === 6)).toHaveLength(1);
  }, 60_000);
});
