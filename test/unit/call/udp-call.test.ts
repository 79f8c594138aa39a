/** A call over real sockets on loopback: bounded, shared fairly, and nothing is left open. */
import { expect, it } from "vitest";
import { type CallPlace, mostPlaces, placesOf } from "../../../drivers/call/places.ts";
import { decoded, macIn, shown } from "../../../drivers/call/told.ts";
import { type Heard, udpCall } from "../../../drivers/call/udp-call.ts";
import { WaitingRoom } from "../../../drivers/call/waiting-room.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { until } from "../line/far-end.ts";
import { Hearer, openSockets, ownOf, settle } from "./world.ts";

const aPort = (port: string, address: string, netmask: string, internal = false) => ({
  [port]: [{ address, netmask, internal, mac: "00:00:00:00:00:00", cidr: null } as const].map((each) =>
    address.includes(":")
      ? { ...each, family: "IPv6" as const, scopeid: 0 }
      : { ...each, family: "IPv4" as const },
  ),
});

it("calls from each address of each port, by its zone where it needs one", () => {
  const at = (...ports: Parameters<typeof aPort>) => placesOf(aPort(...ports))[0];
  expect(at("eth0", "192.168.30.9", "255.255.254.0")).toEqual({
    ...{ port: "eth0", address: "192.168.30.9", family: 4, own: false, broadcast: "192.168.31.255" },
  });
  expect(at("lo", "127.0.0.1", "255.0.0.0", true)?.broadcast).toBe("127.255.255.255");
  expect(at("ppp0", "10.0.0.1", "255.255.255.255")?.broadcast).toBeNull();
  expect(at("ppp0", "10.0.0.1", "255.255.255.254")?.broadcast).toBeNull();
  expect(at("eth0", "fe80::1", "ffff:ffff:ffff:ffff::")?.address).toBe("fe80::1%eth0");
  expect(at("eth0", "fd12::1", "ffff:ffff:ffff:ffff::")).toEqual({
    ...{ port: "eth0", address: "fd12::1", family: 6, own: false, broadcast: null },
  });
  const many = Array.from({ length: 100 }, (_, index) => aPort(`eth${index}`, "fd12::1", "ffff::"));
  expect(placesOf(Object.assign({}, ...many))).toHaveLength(mostPlaces);
  expect(placesOf({ none: undefined })).toEqual([]);
});

it("lets senders take turns, however much one has waiting", () => {
  const room = new WaitingRoom();
  const heard = (host: string, text: string): Heard => ({ bytes: Buffer.from(text), host, port: 1 });
  for (let each = 0; each < 2000; each++) room.add(heard("loud", String(each)));
  room.add(heard("quiet", "a"));
  room.add(heard("quiet", "b"));
  expect([room.waiting, room.refused]).toEqual([1026, 976]);
  const order = Array.from({ length: 5 }, () => room.next()?.bytes.toString());
  expect(order).toEqual(["0", "a", "1", "b", "2"]);
  while (room.waiting > 0) expect(room.next()?.host).toBe("loud");
  expect(room.next()).toBeUndefined();
});

it("holds 4 MB of all, and 1 MB of one", () => {
  const room = new WaitingRoom();
  const bytes = Buffer.alloc(60_000);
  for (let each = 0; each < 20; each++) room.add({ bytes, host: "a", port: 1 });
  expect(room.waiting).toBe(16);
  for (let host = 0; host < 100; host++) room.add({ bytes, host: `b${host}`, port: 1 });
  expect(room.waiting).toBe(66);
  room.next();
  room.add({ bytes, host: "c", port: 1 });
  expect(room.waiting).toBe(66);
});

it("looks at a thousand in a second, and others have their turn after each", async () => {
  const hearer = await Hearer.open("127.0.0.1");
  const others = await Promise.all(
    Array.from({ length: 20 }, (_, index) => Hearer.open(`127.0.1.${index + 1}`)),
  );
  const [clock, log, stop] = [new FakeClock(), recordingLog(), new AbortController()];
  let at = { port: 0, address: "" };
  hearer.onCall = (_, from) => {
    at = from;
  };
  const call = {
    ...{ port: hearer.port, targets: ({ address }: CallPlace) => [address], places: ownOf(4) },
    ...{ datagrams: [Buffer.from("who?")], gapsMs: [], lastsMs: 5000 },
  };
  let turns = 0;
  let looked = 0;
  const over = (async () => {
    let [before, isFirst] = [0, true];
    for await (const { bytes } of udpCall(call, { clock, log }, stop.signal)) {
      expect(bytes.toString()).toBe("I!");
      if (!isFirst) expect(turns).toBeGreaterThan(before);
      [before, isFirst] = [turns, false];
      setImmediate(() => {
        turns += 1;
      });
      looked += 1;
    }
  })();
  await until(() => at.port !== 0);
  const flood = async () => {
    for (let each = 0; each < 100; each++) {
      await Promise.all(others.map((other) => other.say("I!", at)));
      await settle(0);
    }
  };
  for (let second = 1; second <= 5; second++) {
    await flood();
    await until(() => looked === second * 1000);
    await settle();
    expect(looked).toBe(second * 1000);
    await clock.advance(1000);
  }
  await over;
  expect(looked).toBe(5000);
  expect(log.lines.map(({ sentence }) => sentence)).toEqual(["more answers came than a search looks at"]);
  expect(clock.sleeping).toBe(0);
  await Promise.all([hearer, ...others].map((each) => each.close()));
  expect(await openSockets()).toBe(0);
}, 60_000);

it("calls from the port that is wanted where it is free, and else from another", async () => {
  const hearer = await Hearer.open("127.0.0.1");
  const [context, stop] = [{ clock: new FakeClock(), log: recordingLog() }, new AbortController()];
  const taken = await Hearer.open("127.0.0.1");
  const wanted = taken.port;
  const ask = async () => {
    const before = hearer.heard.length;
    const over = (async () => {
      for await (const _ of udpCall(
        {
          ...{ port: hearer.port, targets: () => ["127.0.0.1"], places: ownOf(4), from: () => wanted },
          ...{ datagrams: [Buffer.from("?")], gapsMs: [], lastsMs: 100 },
        },
        context,
        stop.signal,
      ));
    })();
    await until(() => hearer.heard.length > before);
    await context.clock.advance(100);
    await over;
    return hearer.heard.at(-1)?.from.port;
  };
  expect(await ask()).not.toBe(wanted);
  await taken.close();
  await settle(1);
  expect(await ask()).toBe(wanted);
  await hearer.close();
});

it("shows what somebody tells on one line without anything that is obeyed", () => {
  expect(shown("\u001b[2J\u001b[1;31mGate\u001b[0m\r\n\t A\u202e\u200b")).toBe("Gate A");
  expect(shown("\u0007 \u0000")).toBeUndefined();
  expect(shown("校".repeat(100))).toHaveLength(64);
  expect(shown(`${"x".repeat(63)}😀`)).toBe("x".repeat(63));
  expect(decoded("a%20b")).toBe("a b");
  expect(decoded("a%zz")).toBe("a%zz");
});

it.each([
  ["AC-64-62-00-00-01", "ac:64:62:00:00:01"],
  ["ac:64:62:00:00:01", "ac:64:62:00:00:01"],
  ["ac6462000001", "ac:64:62:00:00:01"],
  ["ac:64-62:00:00:01", undefined],
  ["192.168.1.5", undefined],
  ["ac:64:62:00:00:01:02", undefined],
  ["", undefined],
])("reads %j as a MAC address", (text, mac) => {
  expect(macIn(text)).toBe(mac);
});
