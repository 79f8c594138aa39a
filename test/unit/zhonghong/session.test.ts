import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Driver, Session } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import type { ZhonghongLink } from "../../../drivers/zhonghong/fields.ts";
import { polledDriverSuite } from "../../suites/polled-driver.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { holds } from "../line/holds.ts";
import { passing, type World, world } from "../modbus-session/world.ts";
import {
  answerTo,
  asked,
  device,
  jobOf,
  linkTo,
  samplesOf,
  sealed,
  serialLinkTo,
  six,
  statusOf,
  statusOfAll,
} from "./gateway.ts";

const never = new AbortController().signal;
const marker = "Li Lei";

for (const [name, link] of [
  ["A ZhongHong gateway in the network", linkTo],
  ["A ZhongHong gateway behind a serial server", serialLinkTo],
] as const)
  polledDriverSuite("zhonghong", name, async () => {
    const driver: Driver = await openDriver("zhonghong");
    const { clock, context, facts } = world();
    const end = await FarEnd.listen();
    const unit = device("ac", 3);
    let does: "answer" | "garble" | "nothing" = "answer";
    end.onData = (bytes, socket) => {
      if (does === "answer") socket.write(Uint8Array.from(answerTo(bytes)));
      if (does === "garble") socket.write(marker);
    };
    return {
      driver,
      clock,
      facts,
      marker,
      job: jobOf(link(end.port), unit),
      open: (signal) => driver.open(link(end.port), [unit], context, signal),
      openBroken: async (signal) => driver.open(link(await freePort()), [unit], context, signal),
      held: () => holds(end),
      remove: () => end.close(),
      device: (now) => {
        does = now;
      },
    };
  });

let w: World;
let end: FarEnd;
let session: Session | null;
const units = [3, 4, 5].map((indoor) => device(`ac-${indoor}`, indoor));
beforeEach(async () => {
  w = world();
  end = await FarEnd.listen();
  end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
  session = null;
});
afterEach(async () => {
  if (session !== null) await passing(w.clock, session.close(), 50);
  await end.close();
  expect(w.clock.sleeping).toBe(0);
});

let link: ZhonghongLink;
async function open(to = linkTo) {
  link = to(end.port);
  const driver: Driver = await openDriver("zhonghong");
  session = await driver.open(link, units, w.context, never);
  // What a serial server kept is over.
  await w.clock.advance(500);
}
const run = (indoor: number) => {
  const unit = units.find(({ address }) => address.indoor === indoor);
  if (unit === undefined || session?.run === undefined) throw new Error("nothing to run");
  return passing(w.clock, session.run(jobOf(link, unit), never), 4).then(({ reading }) => reading);
};
const command = (action: string, args = {}, id = "ac-3") => {
  if (session?.command === undefined) throw new Error("it takes no commands");
  return passing(w.clock, session.command({ req: "r1", device: id, action, args }, never), 4);
};
const says = (...said: number[][]) => {
  end.onData = (_, socket) => void socket.write(Uint8Array.from(said.flat()));
};
const codes = ({ faults }: { faults: { code: string }[] }) => faults.map(({ code }) => code);
const right = (indoor: number) => samplesOf(six(indoor));

describe.each([
  ["in the network", linkTo],
  ["behind a serial server", serialLinkTo],
])("a status, %s,", (_, to) => {
  it("is that of the unit that was asked, one request for all of its points", async () => {
    await open(to);
    for (const indoor of [3, 4, 5]) expect((await run(indoor)).samples).toEqual(right(indoor));
    expect(end.received.map((bytes) => [...bytes])).toEqual([asked(1, 3), asked(1, 4), asked(1, 5)]);
  });

  it("right after switching off, with mode and fan at 0, is read as it is, and so is the next", async () => {
    await open(to);
    says(statusOf(1, 3, [0, 26, 0, 0, 27, 0]));
    expect(await run(3)).toMatchObject({ samples: samplesOf([0, 26, 0, 0, 27, 0]), faults: [] });
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
    expect((await run(4)).samples).toEqual(right(4));
  });

  it("that comes late is never another unit's", async () => {
    await open(to);
    let before: number[] = [];
    // Each answer comes with the next request, and then the right one or none.
    for (let nth = 0; nth < 60; nth++) {
      const indoor = 3 + (nth % 3);
      end.onData = (bytes, socket) => {
        const isSilent = nth % 2 === 0;
        socket.write(Uint8Array.from([...before, ...(isSilent ? [] : answerTo(bytes))]));
        before = isSilent ? answerTo(bytes) : [];
      };
      const reading = await run(indoor);
      if (nth % 2 === 0) expect(reading.samples).toEqual([]);
      else expect(reading.samples).toEqual(right(indoor));
    }
  });

  it("is found among what the gateway says by itself, and noise", async () => {
    await open(to);
    says(
      [0x55, 1, 0x50, 0xff],
      statusOfAll([1, 4, six(4)], [1, 5, six(5)]),
      sealed(1, 0x33, 1, 1, 1, 3),
      statusOf(1, 5, six(5)),
      statusOf(1, 3, six(3)),
    );
    expect((await run(3)).samples).toEqual(right(3));
    end.say([...statusOfAll([1, 3, six(9)]), 7, 7, 7]);
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
    expect((await run(4)).samples).toEqual(right(4));
  });

  it.each<[string, number[], string]>([
    ["nothing", [], "zhonghong.silent"],
    ["no unit", sealed(1, 0x50, 1, 0), "zhonghong.absent"],
    ["another unit", statusOf(1, 4, six(4)), "zhonghong.noise"],
    ["another gateway's unit", statusOf(1, 3, six(3), 2), "zhonghong.noise"],
    ["a wrong sum", [...statusOf(1, 3, six(3)).slice(0, -1), 0], "zhonghong.checksum"],
    ["half of it", statusOf(1, 3, six(3)).slice(0, 9), "zhonghong.short"],
    ["bytes without end", Array.from({ length: 3000 }, (_, index) => index % 251), "zhonghong.noise"],
  ])("is none of %s, which is told, and the next is right", async (_, said, code) => {
    await open(to);
    says(said);
    const reading = await run(3);
    expect(reading).toMatchObject({ samples: [], faults: [{ facts: { unit: "1-3" } }] });
    if (said.length < 100) expect(codes(reading)).toEqual([code]);
    await w.clock.advance(2000);
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
    expect((await run(4)).samples).toEqual(right(4));
  });

  it("is put together from pieces, wherever it is cut", async () => {
    await open(to);
    for (let cut = 1; cut < 15; cut++) {
      end.onData = (bytes, socket) => {
        const answer = Uint8Array.from(answerTo(bytes));
        // Or the second piece waits for the word that the first was heard.
        socket.setNoDelay(true);
        socket.write(answer.subarray(0, cut));
        void w.clock.sleep(5, never).then(() => socket.write(answer.subarray(cut)));
      };
      expect((await run(3)).samples).toEqual(right(3));
    }
  });
});

describe("what is set", () => {
  it.each<[string, Record<string, unknown>, number[]]>([
    ["power", { on: true }, sealed(1, 0x31, 1, 1, 1, 3)],
    ["power", { on: 0 }, sealed(1, 0x31, 0, 1, 1, 3)],
    ["cold", {}, sealed(1, 0x32, 18, 1, 1, 3)],
    ["mode", { mode: 8 }, sealed(1, 0x33, 8, 1, 1, 3)],
    ["fan", { speed: 5 }, sealed(1, 0x34, 5, 1, 1, 3)],
  ])("is sent once and done when the gateway repeats it: %s %j", async (action, args, frame) => {
    await open();
    expect(await command(action, args)).toEqual({ state: "done", readBack: [] });
    expect(end.received.map((bytes) => [...bytes])).toEqual([frame]);
  });

  it.each<[string, number[], string]>([
    ["nothing", [], "zhonghong.silent"],
    ["another value", sealed(1, 0x31, 0, 1, 1, 3), "zhonghong.noise"],
    ["another unit", sealed(1, 0x31, 1, 1, 1, 4), "zhonghong.noise"],
    ["a status", statusOf(1, 3, six(3)), "zhonghong.noise"],
    ["a wrong sum", [1, 0x31, 1, 1, 1, 3, 0], "zhonghong.noise"],
    ["half of it", [1, 0x31, 1, 1, 1], "zhonghong.short"],
  ])("is not known to be done after %s, and is not sent again", async (_, said, code) => {
    await open();
    says(said);
    expect(await command("power", { on: true })).toMatchObject({ state: "unknown", fault: { code } });
    await w.clock.advance(60_000);
    expect(end.received).toHaveLength(1);
  });

  it("on a serial line is done only when it comes back twice, until a status has shown that nothing else does", async () => {
    await open(serialLinkTo);
    expect(await command("power", { on: true })).toMatchObject({
      state: "unknown",
      fault: { code: "zhonghong.echo" },
    });
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from([...bytes, ...answerTo(bytes)]));
    expect(await command("cold")).toEqual({ state: "done", readBack: [] });
    expect((await run(3)).samples).toEqual(right(3));
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from([...bytes]));
    expect(await command("mode", { mode: 1 })).toMatchObject({ state: "unknown" });
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
    expect((await run(3)).samples).toEqual(right(3));
    expect(await command("mode", { mode: 4 })).toEqual({ state: "done", readBack: [] });
  });

  it("is not done by what may be the late answer to the same of before", async () => {
    await open();
    says([]);
    await command("power", { on: true });
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
    expect(await command("power", { on: true })).toMatchObject({
      state: "unknown",
      fault: { code: "zhonghong.late" },
    });
    expect(await command("power", { on: false })).toEqual({ state: "done", readBack: [] });
    await w.clock.advance(30_000);
    expect(await command("power", { on: true })).toEqual({ state: "done", readBack: [] });
  });

  it.each<[string, Parameters<typeof command>, string]>([
    ["an action that the model has not", ["swing"], "zhonghong.no-action"],
    ["one of every object", ["constructor"], "zhonghong.no-action"],
    ["a unit that is not there", ["cold", {}, "ac-9"], "zhonghong.no-action"],
    ["a fraction", ["mode", { mode: 1.5 }], "zhonghong.unfit"],
    ["more than a byte", ["mode", { mode: 256 }], "zhonghong.unfit"],
    ["a word", ["mode", { mode: "cool" }], "zhonghong.unfit"],
    ["an argument that is missing", ["mode"], "zhonghong.unfit"],
  ])("is refused before anything is sent: %s", async (_, given, code) => {
    await open();
    expect(await command(...given)).toMatchObject({ state: "failed", fault: { code } });
    expect(end.received).toEqual([]);
  });

  it("is not known to be done when the gateway hangs up under it", async () => {
    await open();
    end.onData = (_, socket) => void socket.destroy();
    expect(await command("cold")).toMatchObject({ state: "unknown", fault: { code: "line.gone" } });
    expect(await session?.ended).toMatchObject({ code: "line.gone" });
  });

  it("goes by the newest plan", async () => {
    await open();
    await session?.update?.([], never);
    expect(await command("cold")).toMatchObject({ state: "failed" });
  });
});

describe("a gateway that falls silent without closing", () => {
  it("is let go of after a minute and three requests in vain, so that it is connected to anew", async () => {
    await open();
    await run(3);
    says([]);
    const started = w.clock.monotonicMs();
    let ended = false;
    void session?.ended.then(() => {
      ended = true;
    });
    for (let nth = 0; nth < 3; nth++) {
      expect(codes(await run(3))).toEqual(["zhonghong.silent"]);
      expect(ended).toBe(false);
      await w.clock.advance(15_000);
    }
    await w.clock.advance(20_000);
    expect(codes(await run(4))).toEqual(["zhonghong.silent"]);
    expect(await session?.ended).toMatchObject({ code: "zhonghong.mute", layer: "line", retry: "later" });
    expect(w.clock.monotonicMs() - started).toBeLessThan(70_000);
    await until(() => end.sockets.size === 0);
  });

  it("is kept while anything comes, were it only of others", async () => {
    await open();
    says(statusOf(2, 9, six(9)));
    for (let nth = 0; nth < 8; nth++) {
      expect(codes(await run(3))).toEqual(["zhonghong.noise"]);
      await w.clock.advance(20_000);
    }
    says([]);
    for (let nth = 0; nth < 8; nth++) {
      await run(3);
      end.say(statusOf(2, 9, six(9)));
      await until(() => w.traced.some(({ way }) => way === "rx"));
      w.traced.length = 0;
      await w.clock.advance(20_000);
    }
    end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answerTo(bytes)));
    expect((await run(3)).samples).toEqual(right(3));
  });

  it("is lost at once when it closes", async () => {
    await open();
    end.hangUp();
    expect(await session?.ended).toMatchObject({ code: "line.gone" });
  });
});
