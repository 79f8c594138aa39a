import { connect } from "node:net";
import type { Deliver, Driver, Session } from "../../../drivers/contract/index.ts";
import type { ReaderDevice } from "../../../drivers/reader/fields.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { driverSuite } from "../../suites/driver.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { world } from "../modbus-session/world.ts";
import { ascii, reader, tag } from "./cards.ts";

/** Whether somebody is connected, once all who came and went have been seen. */
async function holds(end: FarEnd): Promise<boolean> {
  const knock = connect({ host: "127.0.0.1", port: end.port });
  await until(() => knock.readyState === "open");
  const { localPort } = knock;
  const seen = () => [...end.sockets].some(({ remotePort }) => remotePort === localPort);
  await until(seen);
  knock.destroy();
  await until(() => !seen());
  return end.sockets.size > 0;
}

/**
 * A reader knows of no acknowledgement: a scan is done with when it is on disk. Each says another card.
 * @param good what it says of the n-th card
 */
async function readerWorld(
  device: ReaderDevice,
  good: (n: number) => Uint8Array,
  bad: Uint8Array,
  marker: string,
) {
  const driver: Driver = await openDriver("reader");
  const { clock, context, facts } = world();
  const end = await FarEnd.listen();
  const linkTo = (port: number) => ({ host: "127.0.0.1", port, baud: 9600, format: "8N1" as const });
  let said = 0;
  let stored = 0;
  const watched = (session: Session): Session => ({
    ended: session.ended,
    close: () => session.close(),
    listen: async (deliver: Deliver, signal: AbortSignal) =>
      session.listen?.(async (message) => {
        await deliver(message);
        stored += 1;
      }, signal),
  });
  return {
    ...{ driver, clock, facts, marker },
    open: async (signal: AbortSignal) =>
      watched(await driver.open(linkTo(end.port), [device], context, signal)),
    openBroken: async (signal: AbortSignal) =>
      driver.open(linkTo(await freePort()), [device], context, signal),
    held: () => holds(end),
    remove: () => end.close(),
    async say(what: "good" | "bad") {
      await until(() => end.sockets.size > 0 || said > 0);
      said += 1;
      const own = said;
      end.say(what === "good" ? good(own) : bad);
      return { acknowledged: () => stored >= own, cut: () => end.sockets.size === 0 };
    },
  };
}

driverSuite("reader", "a reader of cards", () =>
  readerWorld(
    reader({ form: "rdm6300" }),
    (n) => tag(`6200000${(0x100 + n).toString(16)}`.padEnd(10, "0").toUpperCase()),
    ascii("\x02Li LeiLi Lei\x03"),
    "Li Lei",
  ),
);
driverSuite("reader", "a reader of codes", () =>
  readerWorld(reader({ form: "text" }, "qr"), (n) => ascii(`code-${n}\r`), ascii("Li Lei \xb2\r"), "Li Lei"),
);
driverSuite("reader", "a converter of Wiegand", () =>
  readerWorld(
    reader({ form: "decimal", bits: "26", end: "any" }),
    (n) => ascii(`${1000 + n}\r\n`),
    ascii("Li Lei\r\n"),
    "Li Lei",
  ),
);
