/** The search for projectors over real sockets on loopback. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pjlinkDriver } from "../../../drivers/display/index.ts";
import { findProjectors, type ProjectorSearch } from "../../../drivers/display/pjlink/discovery.ts";
import { Hearer, openSockets, ownOf, Searching, settle } from "../call/world.ts";
import { until } from "../line/far-end.ts";

describe("a search for projectors", () => {
  let projector: Hearer;
  let searching: Searching;
  const search = (own: ProjectorSearch = {}) =>
    searching.start((context, signal) =>
      findProjectors(context, signal, { port: projector.port, places: ownOf(4), ...own }),
    );
  const answers = (...said: (string | Uint8Array)[]) => {
    projector.onCall = (_, from) => {
      for (const each of said) void projector.say(each, from);
    };
  };
  const found = async () => {
    await until(() => projector.heard.length > 0);
    await settle();
    return searching.end();
  };

  beforeEach(async () => {
    projector = await Hearer.open("0.0.0.0");
    searching = new Searching();
  });
  afterEach(async () => {
    expect(searching.clock.sleeping).toBe(0);
    await projector.close();
    expect(await openSockets()).toBe(0);
  });

  it("calls three times to all of the network, and waits 12 s for the slowest", async () => {
    search();
    await until(() => projector.heard.length === 2);
    for (const expected of [4, 6]) {
      await searching.clock.advance(500);
      await until(() => projector.heard.length === expected);
    }
    expect(projector.heard.map(({ bytes }) => bytes.toString())).toEqual(Array(6).fill("%2SRCH\r"));
    await searching.clock.advance(9000);
    const [{ from } = { from: { port: 0, address: "" } }] = projector.heard;
    await projector.say("%2ACKN=AC:64:62:00:00:01\r", from);
    await until(() => searching.found.length === 1);
    await searching.clock.advance(1999);
    expect(searching.isOver).toBe(false);
    await searching.clock.advance(1);
    await searching.over;
    expect(projector.heard.length).toBe(6);
    expect(searching.found).toEqual([{ address: { host: "127.0.0.1" }, told: { mac: "ac:64:62:00:00:01" } }]);
  });

  it("finds each once, by where it answers from", async () => {
    const second = await Hearer.open("127.0.0.2", projector.port);
    projector.onCall = (_, from) => {
      void projector.say("%2ACKN=AC:64:62:00:00:01\r", from);
      void second.say("%2ACKN=AC:64:62:00:00:02\r", from);
    };
    search();
    const all = await found();
    expect(all.map(({ address, told }) => [address.host, told.mac]).sort()).toEqual([
      ["127.0.0.1", "ac:64:62:00:00:01"],
      ["127.0.0.2", "ac:64:62:00:00:02"],
    ]);
    await second.close();
  });

  it.each(["%2ACKN=192.168.1.5\r", "%2ACKN=\r", "%2ACKN=me"])(
    "finds one that says something else than its MAC address: %j",
    async (said) => {
      answers(said);
      search();
      expect(await found()).toEqual([{ address: { host: "127.0.0.1" }, told: {} }]);
    },
  );

  it.each([
    "",
    "%2SRCH\r",
    "%2LKUP=AC:64:62:00:00:01\r",
    "%1ACKN=AC:64:62:00:00:01\r",
    "%2ACKN=AC:64:62:00:00:01\r%2ACKN=AC:64:62:00:00:02\r",
    "%2ACKN=\u001b[31m\r",
    `%2ACKN=${"A".repeat(60_000)}\r`,
  ])("passes over what is no answer: %j", async (said) => {
    answers(said);
    search();
    expect(await found()).toEqual([]);
  });

  it("asks from the port that projectors answer to, whatever they were asked from", async () => {
    const far = await Hearer.open("127.0.0.9");
    const place = {
      port: "eth0",
      address: "127.0.0.3",
      family: 4,
      own: false,
      broadcast: "127.0.0.9",
    } as const;
    far.onCall = () => void far.say("%2ACKN=AC:64:62:00:00:01\r", { port: far.port, address: "127.0.0.3" });
    search({ port: far.port, places: [place] });
    await until(() => far.heard.length > 0);
    await settle();
    expect((await searching.end()).map(({ address }) => address)).toEqual([{ host: "127.0.0.9" }]);
    await far.close();
  });

  it("finds a projector in the middle of a flood of 20,000", async () => {
    const flood = await Hearer.open("127.0.0.2");
    search();
    await until(() => projector.heard.length > 0);
    const to = projector.heard[0]?.from ?? { port: 0, address: "" };
    for (let sent = 0; sent < 20_000; sent += 100) {
      await Promise.all(Array.from({ length: 100 }, () => flood.say("%2LKUP=AC:64:62:00:00:02\r", to)));
      await projector.say("%2ACKN=AC:64:62:00:00:01\r", to);
      await settle(0);
    }
    await settle();
    expect(await searching.end()).toEqual([
      { address: { host: "127.0.0.1" }, told: { mac: "ac:64:62:00:00:01" } },
    ]);
    await flood.close();
  }, 60_000);

  it("ends at once when it is stopped", async () => {
    search();
    await until(() => projector.heard.length > 0);
    searching.stop.abort();
    await searching.over;
    expect(await openSockets()).toBe(1);
  });

  it("calls nobody but this machine by IPv6, which has no broadcast", async () => {
    search({ places: [{ port: "gone0", address: "fd12::1", family: 6, own: false, broadcast: null }] });
    await searching.over;
    expect(projector.heard).toEqual([]);
    expect(searching.isOver).toBe(true);
  });
});

it("is how the driver finds them", async () => {
  const searching = new Searching();
  searching.stop.abort();
  const { discover } = pjlinkDriver;
  if (discover === undefined) throw new Error("none can be found");
  await searching.start((context, signal) => discover(context, signal)).over;
  expect(searching.found).toEqual([]);
});
