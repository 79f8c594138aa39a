/** A device on a simulated line is given its number and speed; or it is not, and what is known of it is said. */
import { afterEach, describe, expect, it } from "vitest";
import type { AssignTaken } from "../../../config/schema/assign.ts";
import { onePhaseMeter } from "../../../simulator/devices/modbus-meters.ts";
import type { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { AssignWorld, fresh } from "./world.ts";

let world: AssignWorld;
afterEach(() => world.close());

/** Takes the power off and on when it is asked for. */
const atPrompt = (slave: ModbusSlave) => {
  let asked = 0;
  return ({ step }: AssignTaken) => {
    if (step.what !== "power") return;
    asked += 1;
    if (asked === 3) slave.powerOff();
    if (asked === 100) slave.powerOn();
  };
};

const isWrite = (request: Uint8Array) => request[1] === 6;
const done = { code: "done", heard: "12@9600", places: ["12@9600"] };
const untouched = { written: [], places: ["1@9600"] };

describe("a device out of the box", () => {
  it("is given its number and speed at once, and it is in the audit who did it", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor]);
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({
      ...{ code: "done", heard: "12@9600", places: ["12@9600"], fields: { unit: 12 } },
    });
    expect(sensor.unit).toBe(12);
    expect(world.writes).toEqual([{ unit: 1, pdu: "060100000c" }]);
    const facts = { link: "rs1", profile: "jxct-th", from: "1@9600", to: "12@9600" };
    expect(world.entries).toEqual([
      { who: "local:li", what: "assign.begun", facts },
      { who: "local:li", what: "assign.ended", facts: { ...facts, code: "done", places: "12@9600" } },
    ]);
    expect(world.lent).toEqual([1, 1]);
  });

  it("is found at its new speed, which counts once its power was off", async () => {
    const sensor = fresh("renke-ws-n01-8");
    world = new AssignWorld([sensor]);
    world.onStep = atPrompt(sensor);
    expect(await world.set({ profile: "renke-ws-n01:8" })).toMatchObject({
      ...{ code: "done", places: ["12@9600"], fields: { unit: 12, assigned: true } },
    });
    expect(world.writes.map(({ unit }) => unit)).toEqual([1, 12]);
    expect([sensor.unit, sensor.baud]).toEqual([12, 9600]);
    expect(world.steps).toContain("power 12@4800");
  });

  it("counts both only once its power was off", async () => {
    const sensor = fresh("xy-md02");
    world = new AssignWorld([sensor]);
    world.onStep = atPrompt(sensor);
    expect(await world.set({ profile: "xy-md02" })).toMatchObject(done);
    expect(world.steps).toContain("power 1@9600");
    expect(world.writes).toEqual([{ unit: 1, pdu: "060101000c" }]);
  });

  it("answers from its new place, at its new speed, or not at all: where it is decides", async () => {
    const sensor = fresh("md02-x100");
    world = new AssignWorld([sensor]);
    expect(await world.set({ profile: "md02-x100", to: "9@4800" })).toMatchObject({
      ...{ code: "done", places: ["9@4800"] },
    });
    const mute = fresh("jxct-th");
    world.line.remove(sensor);
    world.line.add(mute);
    world.loses = isWrite;
    expect(await world.set({ profile: "jxct-th" })).toMatchObject(done);
    expect(mute.unit).toBe(12);
  });

  it("is seen to keep its place without power, or to forget it", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor]);
    let asked = 0;
    let comesBack = () => sensor.powerOn();
    world.onStep = ({ step }) => {
      if (step.what !== "keep") return;
      asked += 1;
      if (asked === 3) sensor.powerOff();
      if (asked === 100) comesBack();
    };
    const set = { profile: "jxct-th", power: true };
    expect(await world.set(set)).toMatchObject({ ...done, kept: true });
    expect(world.steps.slice(-2)).toEqual(["keep 12@9600", "keep -"]);
    expect(world.entries.at(-1)).toMatchObject({ facts: { code: "done", kept: "true" } });

    asked = 0;
    comesBack = () => {
      sensor.set({ unit: 12 }, "at once");
      sensor.powerOn();
      sensor.unit = 12;
    };
    const forgetful = { ...set, from: "12", to: "20" };
    expect(await world.set(forgetful)).toMatchObject({
      code: "partly",
      heard: "12@9600",
      places: ["12@9600"],
    });
  });

  it("is set all the same when nobody takes its power off, or waits for that", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor]);
    expect(await world.set({ profile: "jxct-th", power: true })).toMatchObject({ ...done, kept: false });
    const stop = new AbortController();
    world.onStep = ({ step }) => step.what === "keep" && stop.abort();
    const again = { profile: "jxct-th", from: "12", to: "13", power: true };
    expect(await world.set(again, stop.signal)).toMatchObject({
      code: "done",
      heard: "13@9600",
      kept: false,
    });
    expect(world.lent).toEqual([2, 2]);
  });

  it("has one register for both, of which its neighbours take no notice", async () => {
    const meter = onePhaseMeter(
      "hiking-dds238",
      () => ({
        ...{ voltage: 230, current: 1, power: 200, powerFactor: 0.9 },
        ...{ frequency: 50, energyImport: 5000 },
      }),
      {
        unit: 1,
      },
    );
    const neighbour = fresh("jxct-th", { unit: 7 });
    world = new AssignWorld([neighbour, meter]);
    expect(await world.set({ profile: "hiking-dds238" })).toMatchObject(done);
    expect(world.writes).toEqual([{ unit: 1, pdu: "1000150001020c01" }]);
    expect([meter.unit, neighbour.unit]).toEqual([12, 7]);
  });

  it("behind a serial server keeps the speed of its page", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor], { link: { host: "10.0.0.9", port: 4001, baud: 9600, format: "8N1" } });
    expect(await world.set({ profile: "jxct-th" })).toMatchObject(done);
  });

  it("takes the place of one of the files only when that is said, and its model is the same", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor], {
      known: { "101-air": { unit: 12, profile: "jxct-th" }, "102-air": { unit: 13, profile: "md02-x100" } },
    });
    const start = (to: string, replace: boolean) => world.start({ profile: "jxct-th", to, replace });
    const refused = [await start("12", false), await start("13", false), await start("13", true)];
    expect(refused.map((one) => "problems" in one && one.problems[0]?.what.en)).toEqual([
      "12@9600 is 101-air in the files",
      "13@9600 is 102-air in the files, of another profile",
      "13@9600 is 102-air in the files, of another profile",
    ]);
    let notes: string[] = [];
    world.onStep = ({ offer }) => {
      notes = offer?.notes.map(({ en }) => en) ?? notes;
    };
    expect(await world.set({ profile: "jxct-th", replace: true })).toMatchObject(done);
    expect(notes[0]).toContain("takes the place of 101-air");
  });
});

describe("nothing is written", () => {
  afterEach(() => {
    expect(world.writes).toEqual([]);
    expect(world.entries).toEqual([]);
    expect(world.lent[0]).toBe(world.lent[1]);
  });

  it("where nobody answers; somebody at another speed is named", async () => {
    world = new AssignWorld([]);
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "nobody", heard: null });
    world.line.add(fresh("renke-ws-n01-8", { baud: 2400 }));
    expect(await world.set({ profile: "renke-ws-n01:8" })).toMatchObject({ code: "nobody", heard: "1@2400" });
    world.line.add(fresh("jxct-th", { unit: 12 }));
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "nobody", heard: "12@9600" });
  });

  it("where two have the old number, or somebody the new one", async () => {
    world = new AssignWorld([fresh("jxct-th"), fresh("jxct-th")]);
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "unclear", ...untouched });
    await world.close();
    world = new AssignWorld([fresh("jxct-th"), fresh("md02-x100", { unit: 12 })]);
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "taken", heard: "12@9600" });
  });

  it("to a device that reads as another model", async () => {
    world = new AssignWorld([fresh("md02-x100")]);
    const end = await world.set({ profile: "jxct-th" });
    expect(end).toMatchObject({ code: "other-model", ...untouched });
    expect(end.readsAs).toContain("md02-x100");
  });

  it("when nobody agrees, or nobody asks any more, or the audit cannot be written", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor]);
    const stop = new AbortController();
    world.agrees = false;
    world.onStep = ({ step }) => step.what === "offer" && stop.abort();
    expect(await world.set({ profile: "jxct-th" }, stop.signal)).toMatchObject({
      ...{ code: "interrupted", ...untouched },
    });
    world.onStep = () => {};
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "declined", ...untouched });
    const started = await world.start({ profile: "jxct-th" });
    for (let waited = 0; waited < 20_000; waited += 50) await world.clock.advance(50);
    expect(world.lent).toEqual([3, 3]);
    expect(
      "id" in started && (await world.assignments.ask({ do: "take", id: started.id })).body,
    ).toMatchObject({
      end: { code: "interrupted" },
    });
    await world.close();
    world = new AssignWorld([sensor], { audit: "broken" });
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "no-audit", ...untouched });
  });

  it("when somebody else comes on the wire while it is thought over", async () => {
    world = new AssignWorld([fresh("jxct-th")]);
    let came = false;
    world.onStep = ({ step }) => {
      if (step.what === "offer" && !came) world.line.add(fresh("jxct-th"));
      came ||= step.what === "offer";
    };
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "unclear", ...untouched });
  });

  it("for what is typed wrong, all of which is told at once", async () => {
    world = new AssignWorld([fresh("jxct-th")]);
    const of = async (asked: Parameters<AssignWorld["start"]>[0]) => {
      const started = await world.start(asked);
      if (!("problems" in started)) throw new Error("it is taken");
      return started.problems.map(({ what, fix }) => `${what.en}; ${fix.en}`);
    };
    expect(await of({ link: "rs2" })).toEqual(['there is no link "rs2"; did you mean rs1?']);
    expect((await of({ link: "tcp1" }))[0]).toContain("tcp1 is modbus-tcp");
    expect((await of({ profile: "jxct-ht" }))[0]).toContain("did you mean jxct-th?");
    expect((await of({ profile: "renke-ws-n01:9" }))[0]).toContain("did you mean renke-ws-n01:8?");
    const switches = (await of({ profile: "eletechsup-r421a08" }))[0];
    expect(switches).toContain("not set over the line");
    expect(switches).toContain("DIP");
    expect(switches).toContain("jxct-th");
    expect(await of({ from: "300@4801", to: "0" })).toHaveLength(3);
  });
});

describe("what is known of a device is said", () => {
  it("when it takes its number and not its speed", async () => {
    const sensor = fresh("renke-ws-n01-8");
    world = new AssignWorld([sensor]);
    const prompt = atPrompt(sensor);
    world.onStep = (taken) => {
      sensor.saved.baud = 4800;
      prompt(taken);
    };
    expect(await world.set({ profile: "renke-ws-n01:8" })).toMatchObject({
      ...{ code: "partly", heard: "12@4800", places: ["12@4800"] },
    });
  });

  it("when its power is cut between two writes, and it goes on where it is", async () => {
    const sensor = fresh("renke-ws-n01-8");
    world = new AssignWorld([sensor]);
    world.onStep = () => {
      if (sensor.unit === 12) sensor.powerOff();
    };
    const cut = await world.set({ profile: "renke-ws-n01:8" });
    expect(cut.code).not.toBe("done");
    expect(cut.places).toContain("12@4800");
    sensor.powerOn();
    world.onStep = atPrompt(sensor);
    expect(await world.set({ profile: "renke-ws-n01:8" })).toMatchObject({
      code: "nobody",
      heard: "12@4800",
    });
    expect(await world.set({ profile: "renke-ws-n01:8", from: "12@4800" })).toMatchObject(done);
  });

  it("when somebody else has the old number still", async () => {
    const [sensor, second] = [fresh("jxct-th"), fresh("jxct-th")];
    world = new AssignWorld([sensor]);
    let came = false;
    world.onStep = () => {
      if (sensor.unit === 12 && !came) world.line.add(second);
      came ||= sensor.unit === 12;
    };
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "both", heard: "1@9600" });
  });

  it("when whoever is there never stops talking", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor]);
    sensor.faults.add({ kind: "endless" });
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "unclear", ...untouched });
    sensor.faults.clear();
  });

  it("when it refuses", async () => {
    const sensor = fresh("jxct-th");
    world = new AssignWorld([sensor]);
    sensor.faults.add({ kind: "lying", code: 4, fc: 6 });
    expect(await world.set({ profile: "jxct-th" })).toMatchObject({ code: "refused", places: ["1@9600"] });
    expect(world.entries.at(-1)?.facts.code).toBe("refused");
  });

  it("when it is interrupted, pulled out or taken back, and its line is given back", async () => {
    for (const how of ["stop", "pull", "takeBack"] as const) {
      const sensor = fresh("xy-md02");
      world = new AssignWorld([sensor]);
      const stop = new AbortController();
      world.onStep = ({ step }) => {
        if (step.what !== "power") return;
        if (how === "stop") stop.abort();
        else world[how]();
      };
      expect(await world.set({ profile: "xy-md02" }, stop.signal)).toMatchObject({
        code: how === "pull" ? "lost" : "interrupted",
        places: ["1@9600", "12@9600"],
      });
      expect(world.lent).toEqual([1, 1]);
      expect(world.entries.at(-1)?.what).toBe("assign.ended");
      if (how !== "takeBack") await world.close();
    }
  });
});
