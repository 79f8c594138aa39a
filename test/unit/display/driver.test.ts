/** The drivers of displays keep the contract of every polled driver: PJLink, a protocol and a table, on both ways. */
import { expect, it } from "vitest";
import type { Driver, Kind, Session } from "../../../drivers/contract/index.ts";
import { displayTcpKind, hexTcpKind } from "../../../drivers/display/schema.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import { type PolledWorld, polledDriverSuite } from "../../suites/polled-driver.ts";
import { FarEnd, freePort } from "../line/far-end.ts";
import { holds } from "../line/holds.ts";
import { networkWorld } from "../line/network-world.ts";
import { ascii, bytes, deviceOf, mdcSaid, onlyJob, world } from "./bytes.ts";

const marker = "Li Lei";
type Does = "answer" | "garble" | "nothing";

async function serialWorld(
  kindName: string,
  written: Parameters<typeof deviceOf>[2],
  answer: (asked: Uint8Array) => Uint8Array | null,
): Promise<PolledWorld> {
  const driver: Driver = await openDriver(kindName);
  const { clock, context, facts } = world();
  const end = await FarEnd.listen();
  const linkTo = (port: number) => ({ host: "127.0.0.1", port, baud: 9600, format: "8N1" as const });
  const device = deviceOf(driver.kind as Kind, "screen", written);
  let does: Does = "answer";
  end.onData = (asked, socket) => {
    const said = answer(asked);
    if (said === null) return;
    if (does === "answer") socket.write(said);
    if (does === "garble") socket.write(marker);
  };
  return {
    driver,
    clock,
    facts,
    marker,
    job: onlyJob(driver.kind as Kind, linkTo(end.port), device),
    open: (signal) => driver.open(linkTo(end.port), [device], context, signal),
    openBroken: async (signal) => driver.open(linkTo(await freePort()), [device], context, signal),
    held: () => holds(end),
    remove: () => end.close(),
    device: (now) => {
      does = now;
    },
  };
}

const samsung = {
  profile: { protocol: "samsung-mdc" },
  points: { display_on: { ask: "power" }, volume: { ask: "volume" } },
};
const samsungSays = ([head, command = 0, id = 0]: Uint8Array) =>
  head === 0xaa ? mdcSaid(id, command, [1]) : null;
const table = {
  points: { display_on: { ask: "AA 01 51 00", reply: "AA 81 51 ..", at: "3", wait: "200ms" } },
};
const tableSays = (asked: Uint8Array) => (asked[2] === 0x51 ? bytes("AA 81 51 01") : null);

polledDriverSuite("display-serial", "a Samsung display behind a serial server", () =>
  serialWorld("display-serial", { ...samsung, address: { number: "7", answer: "200ms" } }, samsungSays),
);
polledDriverSuite("hex-serial", "a panel with a table of bytes behind a serial server", () =>
  serialWorld("hex-serial", table, tableSays),
);

const inNetwork = (kind: Kind, written: Parameters<typeof deviceOf>[2]) => (port: number) =>
  deviceOf(kind, "screen", {
    ...written,
    address: { ...written.address, host: "127.0.0.1", port: String(port) },
  });

polledDriverSuite("display-tcp", "a Samsung display in the network", () =>
  networkWorld(
    "display-tcp",
    world(),
    inNetwork(displayTcpKind as unknown as Kind, { ...samsung, address: { answer: "200ms" } }),
    samsungSays,
  ),
);
polledDriverSuite("hex-tcp", "a panel with a table of bytes in the network", () =>
  networkWorld("hex-tcp", world(), inNetwork(hexTcpKind as unknown as Kind, table), tableSays),
);

polledDriverSuite("pjlink", "a PJLink projector", async () => {
  const driver: Driver = await openDriver("pjlink");
  const { clock, context, facts, secrets } = world();
  const end = await FarEnd.listen();
  secrets.set("pj", "p");
  const link = driver.kind.link.parse({ password: "secret:pj" });
  const device = deviceOf(driver.kind as Kind, "projector", {
    address: { host: "127.0.0.1", port: String(end.port) },
    profile: { answer: "200ms" },
    points: { display_on: { ask: "power" }, display_input: { ask: "input" } },
  });
  let does: Does = "answer";
  let pending = "";
  end.onConnect = (socket) => {
    pending = "";
    if (does !== "nothing") socket.write("PJLINK 0\r");
  };
  end.onData = (asked, socket) => {
    pending += Buffer.from(asked).toString("latin1");
    if (!pending.endsWith("\r")) return;
    const command = pending.slice(0, 6);
    pending = "";
    if (does === "answer") socket.write(ascii(`${command}=${command === "%1POWR" ? "1" : "31"}\r`));
    if (does === "garble") socket.write(`${marker}\r`);
  };
  /** Its line is held while its session is open, connected or not. */
  let open: Session | null = null;
  const opened = (session: Session): Session => {
    open = session;
    void session.ended.then(() => {
      open = null;
    });
    return session;
  };
  return {
    driver,
    clock,
    facts,
    marker,
    job: onlyJob(driver.kind as Kind, link, device),
    open: async (signal) => opened(await driver.open(link, [device], context, signal)),
    openBroken: (signal) =>
      driver.open(driver.kind.link.parse({ password: "secret:none" }), [device], context, signal),
    held: async () => (await holds(end)) || open !== null,
    remove: () => end.close(),
    device: (now) => {
      does = now;
    },
  };
});

it("are listed for each kind of link", async () => {
  const own = kinds.filter(({ driver }) => ["pjlink", "display", "hex"].includes(driver));
  expect(own.map(({ kind }) => kind)).toEqual([
    "pjlink",
    "display-serial",
    "display-tcp",
    "hex-serial",
    "hex-tcp",
  ]);
  for (const { kind } of own) expect((await openDriver(kind)).kind.kind).toBe(kind);
});
