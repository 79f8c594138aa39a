import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandWorld, key, publicKey, school, signed, startMs } from "./world.ts";

let world: CommandWorld;
beforeEach(async () => {
  world = new CommandWorld();
  await world.clock.advance(Math.max(0, startMs - world.clock.wallMs()));
  await world.start();
});
afterEach(() => world.close());

const on = { power: true };

describe("a command from afar", () => {
  it("is accepted, done, read back, audited and told as a record", async () => {
    world.says = on;
    const answers = await world.remote(signed());
    const last = await world.settled(answers);
    expect(answers.map(({ state }) => state)).toEqual(["accepted", "done"]);
    expect(last).toMatchObject({ req: "req-00000001", code: null, readBack: on });
    expect(world.sent).toHaveLength(1);
    const entries = await world.entries();
    expect(entries.map(({ who, what }) => [who, what])).toEqual([
      ["uplink:province:ops", "command.accepted"],
      ["uplink:province:ops", "command.done"],
    ]);
    expect(
      world.records.map(({ series, value, class: kept }) => [series.point, kept, JSON.parse(String(value))]),
    ).toEqual([
      [
        "command",
        "K",
        {
          req: "req-00000001",
          action: "power-on",
          state: "accepted",
          code: null,
          audit: entries[0]?.hash.slice(0, 16),
        },
      ],
      [
        "command",
        "K",
        {
          req: "req-00000001",
          action: "power-on",
          state: "done",
          code: null,
          audit: entries[1]?.hash.slice(0, 16),
        },
      ],
    ]);
    expect(JSON.stringify(world.records)).not.toContain("zhang");
  });

  it("that comes again gets the same answer and is not done again, also after a restart", async () => {
    world.says = on;
    const first = await world.settled(await world.remote(signed()));
    await world.clock.advance(1000);
    expect(await world.remote(signed())).toEqual([first]);
    await world.crash();
    await world.start();
    await world.clock.advance(120_000);
    expect(await world.remote(signed())).toEqual([first]);
    expect(world.sent).toHaveLength(1);
  });

  it("that comes again while it is done is answered once more at its end", async () => {
    const opened = Promise.withResolvers<void>();
    world.does = async () => {
      await opened.promise;
      return { state: "done", readBack: [] };
    };
    const first = await world.remote(signed());
    const second = await world.remote(signed());
    world.says = on;
    opened.resolve();
    await world.settled(second);
    expect(first).toEqual(second);
    expect(second.map(({ state }) => state)).toEqual(["accepted", "done"]);
    expect(world.sent).toHaveLength(1);
  });

  it("that a crash cut off is answered as unknown and never done again", async () => {
    world.does = () => new Promise(() => {});
    await world.remote(signed());
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.sent).toHaveLength(1);
    await world.crash();
    const answers = await world.start();
    expect(answers).toMatchObject([
      { who: "uplink:province:ops", answer: { req: "req-00000001", state: "unknown", code: "interrupted" } },
    ]);
    expect(await world.remote(signed())).toEqual([answers[0]?.answer]);
    // Until the platform has it, it is told at each start.
    await world.crash();
    expect(await world.start()).toEqual(answers);
    for (const { answer } of answers) await world.commander.told(answer);
    await world.crash();
    expect(await world.start()).toEqual([]);
    expect(world.sent).toHaveLength(1);
  });

  const other = generateKeyPairSync("ed25519");
  it.each([
    ["retained", "retained", () => world.remote(signed(), { retained: true })],
    ["without any key", "no-key", () => world.remote(signed(), { keys: [] })],
    ["by a key that is not known", "no-key", () => world.remote(signed({}, other.privateKey, "spy"))],
    ["signed by another key", "signature", () => world.remote(signed({}, other.privateKey))],
    [
      "with a body that was changed",
      "signature",
      () => world.remote(Buffer.from(Buffer.from(signed()).toString().replace("power-on", "power-of"))),
    ],
    ["that is no JSON", "malformed", () => world.remote(Buffer.from("{"))],
    ["of 1 MB", "malformed", () => world.remote(Buffer.alloc(1_000_000, 0x20))],
    ["that is not text", "malformed", () => world.remote(Buffer.from([0xff, 0xfe, 0x00]))],
    ["with more than a command has", "malformed", () => world.remote(signed({ raw: "AA 11" } as never))],
    ["for another school", "not-ours", () => world.remote(signed({ school: "2133000019" }))],
    ["for another gateway", "not-ours", () => world.remote(signed({ gateway: "gw2" }))],
    [
      "of the future",
      "malformed",
      () => world.remote(signed({ issued: startMs + 60_000, expires: startMs + 90_000 })),
    ],
    ["that lives too long", "malformed", () => world.remote(signed({ expires: startMs + 300_001 }))],
    ["that ends before it begins", "malformed", () => world.remote(signed({ expires: startMs }))],
    ["for no device of ours", "no-device", () => world.remote(signed({ device: "999-panel" }))],
    ["for what it cannot do", "no-action", () => world.remote(signed({ action: "explode" }))],
    ["for what every object has", "no-action", () => world.remote(signed({ action: "constructor" }))],
    ["with an argument too many", "bad-argument", () => world.remote(signed({ args: { hex: "AA" } }))],
    [
      "that its key may not ask for",
      "forbidden",
      () => world.remote(signed(), { keys: [{ ...key, actions: ["302-*/power-*", "power-off"] }] }),
    ],
  ])("%s is refused and touches nothing", async (_, code, send) => {
    const [answer, ...more] = await send();
    expect(answer).toMatchObject({ state: "failed", code, school });
    expect(more).toEqual([]);
    expect(world.sent).toEqual([]);
    const [entry] = await world.entries();
    expect(entry?.what).toBe("command.refused");
    expect(entry?.facts.code).toBe(code);
  });

  it("is refused while the clock is not to be trusted, and when it is late", async () => {
    world.trusted = false;
    expect(await world.remote(signed())).toMatchObject([{ state: "failed", code: "clock" }]);
    world.trusted = true;
    await world.clock.advance(60_000);
    expect(await world.remote(signed())).toMatchObject([{ state: "expired", code: "expired" }]);
    expect(world.sent).toEqual([]);
  });

  it("expires while it waits for its turn", async () => {
    const opened = Promise.withResolvers<void>();
    world.does = async () => {
      await opened.promise;
      return { state: "done", readBack: [] };
    };
    world.says = on;
    const first = await world.remote(signed());
    const second = await world.remote(signed({ req: "req-00000002", expires: startMs + 5000 }));
    await world.clock.advance(6000);
    opened.resolve();
    expect((await world.settled(first)).state).toBe("done");
    expect(await world.settled(second)).toMatchObject({ state: "expired", code: "expired" });
    expect(world.sent).toHaveLength(1);
  });

  it("that comes by two uplinks is done once, and both are told the same, also after a restart and late", async () => {
    world.says = on;
    const first = await world.remote(signed());
    const second = await world.remote(signed(), {
      uplink: "district",
      keys: [{ ...key, actions: ["power-*"] }],
    });
    const done = await world.settled(first);
    expect([first, second].map((all) => all.map(({ state }) => state))).toEqual([
      ["accepted", "done"],
      ["accepted", "done"],
    ]);
    await world.crash();
    await world.start();
    await world.clock.advance(120_000);
    expect(await world.remote(signed(), { uplink: "district" })).toEqual([done]);
    expect(world.sent).toHaveLength(1);
  });

  it("by one key is none of another's", async () => {
    world.says = on;
    await world.settled(await world.remote(signed()));
    const spy = { id: "spy", key: publicKey(other.publicKey), actions: ["*"] };
    expect(await world.remote(signed({}, other.privateKey, "spy"), { keys: [key, spy] })).toMatchObject([
      { state: "failed", code: "forbidden" },
    ]);
  });

  it("that was signed long ago and comes a thousand times is one line in the audit, and counted, also after a restart", async () => {
    await world.clock.advance(61_000);
    const late = signed();
    const all = await Promise.all(Array.from({ length: 1000 }, () => world.remote(late)));
    expect(all.every(([answer]) => answer?.state === "expired")).toBe(true);
    await world.crash();
    await world.start();
    await world.clock.advance(60_000);
    await world.remote(late);
    const entries = await world.entries();
    expect(entries.map(({ facts }) => [facts.req ?? null, facts.code, facts.count ?? null])).toEqual([
      ["req-00000001", "expired", null],
      [null, "expired", 1],
      [null, "expired", 1],
    ]);
    expect(world.sent).toEqual([]);
  });

  it("that is forged a thousand times is one line in the audit a minute, with how many there were", async () => {
    for (let n = 0; n < 1000; n++) await world.remote(signed({}, other.privateKey));
    await world.clock.advance(60_000);
    await world.remote(signed({}, other.privateKey));
    const entries = await world.entries();
    expect(entries.map(({ facts }) => facts.count)).toEqual([1, 1000]);
  });
});

describe("what a device says afterwards", () => {
  it("makes it done only when it is so", async () => {
    world.says = { power: false };
    expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
      state: "failed",
      code: "mismatch",
      readBack: { power: false },
    });
  });

  it("counts within the time that the action has", async () => {
    world.says = { power: false };
    const answers = await world.local("301-panel", "power-on");
    await world.clock.advance(5000);
    expect(answers).toHaveLength(1);
    world.says = on;
    expect((await world.settled(answers)).state).toBe("done");
  });

  it.each([16, 17, 33, 144, 145])("counts not with quality %i", async (quality) => {
    world.says = on;
    world.quality = quality;
    expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
      state: "unknown",
      code: "unverified",
    });
  });

  it("counts when it is simulated, or of a device on trial", async () => {
    world.says = on;
    for (const quality of [128, 18]) {
      world.quality = quality;
      expect((await world.settled(await world.local("301-panel", "power-on"))).state).toBe("done");
    }
  });

  it("is nothing where nothing can be asked: sent, not verified", async () => {
    expect(await world.settled(await world.local("301-panel", "beep"))).toMatchObject({
      state: "unknown",
      code: "unverified",
    });
  });

  it("decides also where the device did not answer the command itself", async () => {
    world.does = async () => ({ state: "unknown", readBack: [] });
    world.says = on;
    expect((await world.settled(await world.local("301-panel", "power-on"))).state).toBe("done");
    world.says = { power: false };
    expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
      state: "unknown",
      code: "no-answer",
    });
    world.says = null;
    expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
      state: "unknown",
      code: "no-answer",
    });
  });

  it("is compared with the argument, within the tolerance", async () => {
    world.says = { setpoint: 26.05 };
    expect((await world.settled(await world.local("301-panel", "set", { to: 26 }))).state).toBe("done");
    expect(world.sent[0]?.args).toEqual({ to: 2600 });
    world.says = { setpoint: 26.2 };
    expect((await world.settled(await world.local("301-panel", "set", { to: 26 }))).code).toBe("mismatch");
  });

  it.each([15.5, 30.5, 26.3, "26", true, null, Number.NaN])(
    "is not asked for with %s, which it cannot be",
    async (to) => {
      expect(await world.local("301-panel", "set", { to: to as never })).toMatchObject([
        { state: "failed", code: "bad-argument" },
      ]);
      expect(world.sent).toEqual([]);
    },
  );
});

describe("a device", () => {
  it("that refuses, or whose line is closed, has not done it", async () => {
    world.does = async () => ({
      state: "failed",
      readBack: [],
      fault: { code: "x", layer: "device", retry: "later", detail: "NAK" },
    });
    expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
      code: "refused",
      detail: { en: "NAK" },
    });
    for (const layer of ["port", "line", "answer", "frame"] as const) {
      const fault = { code: "x", layer, retry: "later", detail: "nobody is there" } as const;
      world.does = async () => ({ state: "failed", readBack: [], fault });
      expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
        state: "failed",
        code: "offline",
        detail: { en: "nobody is there" },
      });
    }
    world.does = () => Promise.reject(Object.assign(new Error("closed"), { code: "offline" }));
    expect(await world.settled(await world.local("301-panel", "power-on"))).toMatchObject({
      state: "failed",
      code: "offline",
    });
  });

  it("does one thing at a time, in the order of asking, and has at most eight waiting; others do not wait for it", async () => {
    const opened = Promise.withResolvers<void>();
    world.does = async ({ device }) => {
      if (device === "301-panel") await opened.promise;
      return { state: "done", readBack: [] };
    };
    world.says = on;
    const all = [];
    for (let n = 0; n < 12; n++) all.push(await world.local("301-panel", n % 2 === 0 ? "power-on" : "beep"));
    expect(all.map(([answer]) => answer?.code ?? answer?.state)).toEqual([
      ...Array(9).fill("accepted"),
      "busy",
      "busy",
      "busy",
    ]);
    expect((await world.settled(await world.local("302-panel", "power-on"))).state).toBe("done");
    expect(world.sent.filter(({ device }) => device === "301-panel")).toHaveLength(1);
    opened.resolve();
    for (const answers of all.slice(0, 9)) await world.settled(answers);
    expect(world.sent.filter(({ device }) => device === "301-panel").map(({ action }) => action)).toEqual(
      Array.from({ length: 9 }, (_, n) => (n % 2 === 0 ? "power-on" : "beep")),
    );
  });

  it("that needs a rest between two of them gets it: a short one is waited for, a long one refused", async () => {
    world.says = on;
    await world.settled(await world.local("301-panel", "burst"));
    await world.settled(await world.local("301-panel", "burst"));
    expect(world.sent).toHaveLength(2);
    await world.settled(await world.local("301-panel", "cool"));
    expect(await world.settled(await world.local("301-panel", "cool"))).toMatchObject({
      state: "failed",
      code: "too-often",
    });
    await world.crash();
    await world.start();
    expect(await world.settled(await world.local("301-panel", "cool"))).toMatchObject({ code: "too-often" });
    await world.clock.advance(181_000);
    expect((await world.settled(await world.local("301-panel", "cool"))).state).toBe("done");
  });

  it("needs that rest also when a crash cut off what it may have done", async () => {
    world.does = () => new Promise(() => {});
    await world.local("301-panel", "cool");
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.sent).toHaveLength(1);
    await world.crash();
    await world.start();
    world.does = async () => ({ state: "done", readBack: [] });
    expect(await world.settled(await world.local("301-panel", "cool"))).toMatchObject({ code: "too-often" });
    await world.clock.advance(181_000);
    world.says = on;
    expect((await world.settled(await world.local("301-panel", "cool"))).state).toBe("done");
  });

  it.each([
    ["was not reached", () => Promise.reject(Object.assign(new Error("closed"), { code: "offline" }))],
    [
      "refused",
      async () => ({
        ...{ state: "failed" as const, readBack: [] },
        fault: { code: "x", layer: "device" as const, retry: "later" as const, detail: "NAK" },
      }),
    ],
  ])("that %s needs no rest, also after a restart", async (_, does) => {
    world.does = does;
    for (let n = 0; n < 2; n++)
      expect((await world.settled(await world.local("301-panel", "cool"))).code).not.toBe("too-often");
    await world.crash();
    await world.start();
    world.does = async () => ({ state: "done", readBack: [] });
    world.says = on;
    expect((await world.settled(await world.local("301-panel", "cool"))).state).toBe("done");
    // What is refused for being too early makes the rest no longer.
    await world.clock.advance(150_000);
    expect((await world.settled(await world.local("301-panel", "cool"))).code).toBe("too-often");
    await world.crash();
    await world.start();
    await world.clock.advance(35_000);
    expect((await world.settled(await world.local("301-panel", "cool"))).state).toBe("done");
  });

  it("is not asked while it needs quiet after it", async () => {
    let asked = 0;
    world.says = on;
    const { heard } = world.commander;
    world.commander.heard = (...said) => {
      asked += 1;
      heard.apply(world.commander, said);
    };
    const answers = await world.local("301-panel", "slow");
    await world.clock.advance(29_000);
    expect(asked).toBe(0);
    await world.settled(answers);
    expect(asked).toBeGreaterThan(0);
  });
});

describe("a lesson", () => {
  const lessons = {
    terms: [[0, 40_000]] as const,
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    periods: [{ from: 0, to: 1440 }],
    off: [],
    on: new Map(),
  };

  it("is not disturbed, but by who may", async () => {
    world.timetable = lessons;
    world.says = { power: false };
    expect(await world.local("301-panel", "power-off")).toMatchObject([
      { state: "failed", code: "interlock" },
    ]);
    expect(await world.remote(signed({ action: "power-off" }))).toMatchObject([{ code: "interlock" }]);
    expect(
      (await world.settled(await world.local("301-panel", "power-off", {}, { duringLesson: true }))).state,
    ).toBe("done");
    const keys = [{ ...key, duringLesson: true as const }];
    const raw = signed({ action: "power-off", req: "req-00000009" });
    expect((await world.settled(await world.remote(raw, { keys }))).state).toBe("done");
    world.timetable = { ...lessons, periods: [] };
    expect((await world.settled(await world.local("301-panel", "power-off"))).state).toBe("done");
  });
});

describe("when the store is down", () => {
  it("commands go on, as long as they can be written down at all", async () => {
    world.appends = () => Promise.reject(new Error("store-down"));
    world.says = on;
    expect((await world.settled(await world.local("301-panel", "power-on"))).state).toBe("done");
    await world.audit.close();
    expect(await world.local("301-panel", "power-on")).toMatchObject([
      { state: "failed", code: "store-down" },
    ]);
    expect(world.sent).toHaveLength(1);
  });
});
