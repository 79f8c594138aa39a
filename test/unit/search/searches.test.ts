/** A search as whoever asks for it sees it: one at a time, with a lease, and a link that fails costs no other. */
import { afterEach, expect, it } from "vitest";
import type { Kind, Seek } from "../../../config/schema/kind.ts";
import type { LinkPlan, OffDevice } from "../../../config/schema/plan.ts";
import { searchStartedSchema, searchTakenSchema } from "../../../config/schema/search.ts";
import type { Driver, Found, Session } from "../../../drivers/contract/index.ts";
import type { Hands } from "../../../edge/search/line-search.ts";
import { leaseMs, Searches } from "../../../edge/search/searches.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

interface Settings {
  baud: number;
}

const seeks = (): Seek[] =>
  [1, 2, 3].map((unit) => ({
    ...{ line: "l", address: { unit }, deadlineMs: 100, body: unit },
    ...(unit === 1 ? { likely: true } : {}),
  }));
const kind = {
  ...{ driver: "bus", kind: "bus-rtu" },
  address: { safeParse: (data: unknown) => ({ success: true, data }) },
  line: () => "l",
  seeks,
  otherSettings: ({ baud }: Settings) => [{ baud: baud / 2 }],
  plan: () => [],
} as unknown as Kind;
const net = {
  ...{ driver: "net", kind: "net", address: kind.address },
  line: (_: Settings, { host }: { host: string }) => host,
} as unknown as Kind;

const link = (id: string, units: number[] = []): LinkPlan =>
  ({
    ...{ id, kind: "bus-rtu", settings: { baud: 9600 }, simulated: false, points: new Map() },
    devices: units.map((unit) => ({ id: `${id}-known-${unit}`, address: { unit } })),
  }) as unknown as LinkPlan;

let searches: Searches | null = null;
afterEach(async () => {
  await searches?.close();
  searches = null;
});

/** @param react what the line says to a question, and with which settings of it */
function world(
  links: LinkPlan[],
  react: (unit: number, settings: Settings, link: string) => Found[] | Promise<Found[]>,
  {
    discover,
    off = [],
    open = async (session: Session) => session,
    models = async () => [],
  }: {
    discover?: Driver["discover"];
    off?: OffDevice[];
    open?: (session: Session) => Promise<Session>;
    models?: () => Promise<[]>;
  } = {},
) {
  const clock = new FakeClock();
  const log = recordingLog();
  const asked: string[] = [];
  const lent: string[] = [];
  const sessionOf = (id: string, settings: Settings) =>
    ({
      ended: Promise.resolve(null),
      async seek({ body }: Seek) {
        asked.push(`${id} ${settings.baud} ${body}`);
        return react(body as number, settings, id);
      },
      close: async () => void lent.push(`close ${settings.baud}`),
    }) as unknown as Session;
  const hands = ({ id, settings }: LinkPlan): Hands => ({
    turn: (_line, _ms, work) => work(sessionOf(id, settings as Settings), new AbortController().signal),
    async lend(work) {
      lent.push(`lend ${id}`);
      try {
        return await work(
          async (other) => open(sessionOf(id, other as Settings)),
          new AbortController().signal,
        );
      } finally {
        lent.push(`back ${id}`);
      }
    },
  });
  searches = new Searches({
    ...{
      clock,
      log,
      kinds: [kind, net],
      plan: () => ({ links, folder: "/none", off }),
      models,
      hands,
    },
    openDriver: async () =>
      ({ kind: net, ...(discover === undefined ? {} : { discover }) }) as unknown as Driver,
  });
  const own = searches;
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await clock.advance(0);
  };
  const start = async (asks: object) =>
    searchStartedSchema.parse((await own.ask({ do: "start", ...asks })).body).id;
  const take = async (id: string) => searchTakenSchema.parse((await own.ask({ do: "take", id })).body);
  return { clock, log, asked, lent, own, settle, start, take };
}

const there = (unit: number): Found => ({ address: { unit }, told: {} });
const unanswered = new Promise<never>(() => {});

it("asks each address of each link but those of the files, and gives each that answers once", async () => {
  const { start, take, settle, asked } = world([link("a", [2]), link("b")], (unit) =>
    unit === 1 ? [] : [there(3)],
  );
  const id = await start({ what: "bus", speeds: false });
  await settle();
  const { found, ended, troubles, at } = await take(id);
  expect(asked).toEqual(["a 9600 1", "a 9600 3", "b 9600 1", "b 9600 2", "b 9600 3"]);
  expect(found.map(({ link, address }) => [link, address.unit])).toEqual([
    ["a", 3],
    ["b", 3],
  ]);
  expect([ended, troubles, at.leftMs]).toEqual(["done", [], 0]);
});

it("a device that is off has its address: it is not asked for on a line, and told by its name to a call", async () => {
  const off = (link: string, address: object): OffDevice => ({
    ...{ device: "mended", profile: "p", space: "", why: "away", link, address },
  });
  const links = [link("a"), { ...link("n"), kind: "net" }];
  const { start, take, settle, asked } = world(links, () => [], {
    off: [off("a", { unit: 2 }), off("n", { host: "h1" })],
    async *discover() {
      yield { address: { host: "h1" }, told: {} };
      yield { address: { host: "h2" }, told: {} };
    },
  });
  const line = await start({ what: "bus", speeds: false });
  await settle();
  expect([asked, (await take(line)).found]).toEqual([["a 9600 1", "a 9600 3"], []]);
  const call = await start({ what: "net", speeds: false });
  await settle();
  expect((await take(call)).found.map(({ known }) => known)).toEqual(["mended", null]);
});

it("goes on at other speeds with whom a model names, on the line alone, which is given back", async () => {
  const { start, take, settle, asked, lent } = world([link("a")], (unit, { baud }) =>
    baud === 4800 ? [there(unit)] : [],
  );
  const id = await start({ what: "bus", speeds: true });
  await settle();
  const { found } = await take(id);
  expect(asked).toEqual(["a 9600 1", "a 9600 2", "a 9600 3", "a 4800 1"]);
  expect(found).toMatchObject([{ address: { unit: 1 }, settings: { baud: 4800 } }]);
  expect(lent).toEqual(["lend a", "close 4800", "back a"]);
});

it("tells the link that cannot be searched, and searches the others", async () => {
  const { start, take, settle } = world([link("a"), link("b")], (unit, _, id) => {
    if (id === "a") throw Object.assign(new Error("link a is not open"), { code: "offline" });
    return [there(unit)];
  });
  const id = await start({ what: "bus", speeds: false });
  await settle();
  const { found, troubles } = await take(id);
  expect(troubles).toMatchObject([{ link: "a", code: "offline" }]);
  expect(found.map(({ link }) => link)).toEqual(["b", "b", "b"]);
});

it("asks again what was cut off for a pause", async () => {
  let cut = 0;
  const { start, take, settle, asked } = world([link("a")], (unit) => {
    if (unit === 2 && ++cut === 1) throw Object.assign(new Error("cut"), { code: "paused" });
    return unit === 2 ? [there(2)] : [];
  });
  const id = await start({ what: "bus", speeds: false });
  await settle();
  const { found, troubles } = await take(id);
  expect([found.map(({ address }) => address.unit), troubles]).toEqual([[2], []]);
  expect(asked).toEqual(["a 9600 1", "a 9600 2", "a 9600 2", "a 9600 3"]);
});

it("is one at a time, ends when it is told to, and when nobody asks any more", async () => {
  const { start, take, own, settle, clock, log } = world([link("a")], () => unanswered);
  const id = await start({ what: "bus", speeds: false });
  await settle();
  expect((await own.ask({ do: "start", what: "bus", speeds: false })).body).toMatchObject({
    error: { code: "busy" },
  });
  await clock.advance(leaseMs - 1_000);
  expect((await take(id)).ended).toBeNull();
  await clock.advance(leaseMs + 2_000);
  await settle();
  expect((await take(id)).ended).toBe("left");
  expect((await own.ask({ do: "take", id })).body).toMatchObject({ error: { code: "gone" } });
  expect(log.lines.map(({ sentence }) => sentence)).toEqual(["a search begins", "a search has ended"]);
  // What does not let go holds up the next search, and not the end of the gateway.
  expect((await own.ask({ do: "start", what: "bus", speeds: false })).body).toMatchObject({
    error: { code: "busy" },
  });
  const closed = own.close();
  await clock.advance(4_000);
  await closed;
  searches = null;
});

it.each(["open", "seek", "close"] as const)("gives a line back whose driver hangs at %s", async (where) => {
  const lateSession = Promise.withResolvers<void>();
  const { start, take, settle, clock, lent, own } = world(
    [link("a")],
    (_, { baud }) => (baud === 4800 && where === "seek" ? unanswered : []),
    {
      async open(session) {
        if (where === "open") await lateSession.promise;
        return where === "close"
          ? { ...session, close: () => session.close().then(() => unanswered) }
          : session;
      },
    },
  );
  const id = await start({ what: "bus", speeds: true });
  await settle();
  expect(lent).toContain("lend a");
  for (let second = 0; second < 60 && !lent.includes("back a"); second++) {
    await clock.advance(1_000);
    if (second % 5 === 0) await own.ask({ do: "take", id });
  }
  expect(lent).toContain("back a");
  await settle();
  const { ended, troubles } = await take(id);
  expect([ended, troubles.map(({ code }) => code)]).toEqual(["done", where === "close" ? [] : ["lost"]]);
  // What is opened too late is closed.
  lateSession.resolve();
  await settle();
  expect(lent.filter((what) => what === "close 4800")).toHaveLength(1);
  expect(clock.sleeping).toBe(0);
});

it("two who ask at once: one is told that it is busy", async () => {
  const discover = (_: unknown, signal: AbortSignal) =>
    (async function* () {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    })();
  const { own, settle } = world([link("n")], () => [], { discover });
  const ask = { do: "start", what: "net", speeds: false };
  const both = await Promise.all([own.ask(ask), own.ask(ask)]);
  expect(both.map(({ done }) => done)).toEqual([true, false]);
  expect(both[1]?.body).toMatchObject({ error: { code: "busy" } });
  await settle();
});

it("models that cannot be read, or a fault that is no error, end a search, and the next one is taken", async () => {
  let isBroken = true;
  const { start, take, settle } = world(
    [link("a")],
    () => {
      throw undefined;
    },
    {
      models: async () => {
        if (isBroken) throw new Error("no such folder");
        return [];
      },
    },
  );
  const first = await start({ what: "bus", speeds: false });
  await settle();
  expect(await take(first)).toMatchObject({ ended: "done", troubles: [{ link: null, code: "lost" }] });
  isBroken = false;
  const second = await start({ what: "bus", speeds: false });
  await settle();
  expect(await take(second)).toMatchObject({ ended: "done", troubles: [{ link: "a", code: "lost" }] });
});

it("refuses what it does not know, and names the links that there are", async () => {
  const { own } = world([link("a"), link("b")], () => []);
  const code = async (asked: unknown) => (await own.ask(asked)).body;
  expect(await code({ do: "start", what: "bus", link: "x", speeds: false })).toMatchObject({
    error: { code: "no-link", links: ["a", "b"] },
  });
  expect(await code({ do: "start", what: "nothing", speeds: false })).toMatchObject({
    error: { code: "cannot" },
  });
  expect(await code({ do: "start", what: "net", speeds: false })).toMatchObject({
    error: { code: "cannot" },
  });
  expect(await code({ do: "begin" })).toMatchObject({ error: { code: "bad-request" } });
  expect(await code(null)).toMatchObject({ error: { code: "bad-request" } });
});
