/**
 * The broker alone in a process of its own, for those who watch its memory: with two devices, or with the wide test
 * access list. Says its port; answers `rss` with what it holds and has held at most since it was asked last.
 */

import { MqttSession } from "../../../drivers/mqtt/session.ts";
import { systemClock } from "../../../simulator/system-clock.ts";
import { driverContext } from "../../driver-context.ts";
import { guest } from "./guest.ts";
import { device, link, secretOf } from "./world.ts";

export type Told = { port: number } | { rss: number; peak: number; connections: number };

const say = (told: Told) => process.send?.(told);
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const collect = globalThis.gc ?? (() => {});
let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5).unref();

const session = await MqttSession.open(
  link({ listen: "127.0.0.1:0", maxPerAddress: "1000" }),
  [device("air", { co2: "co2" }), device("other", { t: "t" })],
  driverContext(systemClock, {
    ...{ log: silent, secret: secretOf },
    report: (fact) => {
      if (fact.what === "listening") say({ port: fact.port });
    },
  }),
  new AbortController().signal,
  process.argv[2] === "wide" ? guest : null,
);
await session.listen(async () => {}, new AbortController().signal);
process.on("message", () => {
  collect();
  const rss = process.memoryUsage.rss();
  say({ rss, peak: Math.max(peak, rss), connections: session.connections });
  peak = 0;
});
process.on("disconnect", () => process.exit(0));
