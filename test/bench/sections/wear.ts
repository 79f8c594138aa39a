/**
 * What a record costs the flash of a gateway: bytes written for each that is stored, at several paces, with the
 * platform there and with it away. And what is lost when the power goes while it is away.
 *
 * Messages of one value, as most are when values are stored by change.
 */
import { tmpdir } from "node:os";
import type { Section } from "../bench.ts";
import { startPart } from "../calls.ts";
import type { DevicesCalls } from "../devices.ts";
import type { Figure } from "../figures.ts";
import { type GatewayName, gateway, type Running } from "../gateways.ts";
import { now, pause } from "../moment.ts";
import { mosquittoMissing, type Saving } from "../mosquitto-bridge.ts";
import type { ReceiverCalls } from "../receiver.ts";
import { inMemory, usageOf } from "../usage.ts";

const devices = 20;
const values = 1;
/** Records a second that a typical school stores. */
const typical = 4;
/** The flash of a cheap gateway. */
const emmc = { bytes: 8e9, cycles: 3000, amplification: 3 };
/** After its start a new store sets eight megabytes of room aside, once in its life: no cost of a record. */
const settleMs = 7000;

interface Pace {
  perSecond: number;
  lastsMs: number;
}

const paces: readonly Pace[] = [
  { perSecond: typical, lastsMs: 40_000 },
  { perSecond: 50, lastsMs: 10_000 },
  { perSecond: 1000, lastsMs: 10_000 },
];
const quickPaces: readonly Pace[] = [
  { perSecond: typical, lastsMs: 3000 },
  { perSecond: 1000, lastsMs: 2000 },
];

/** A gateway that was refused for long tries again later and later: what has not come by then is taken for lost. */
const patienceMs = 120_000;

/** Parts of one measurement; all are gone at its end. */
interface Setting {
  receiver: ReturnType<typeof startPart<ReceiverCalls>>;
  start(alone: boolean): Promise<Running>;
  /** Devices of their own, which send at this pace. */
  send(running: Running, perSecond: number): Promise<ReturnType<typeof startPart<DevicesCalls>>>;
}

export const section: Section = async ({ quick, figures, say }) => {
  if (mosquittoMissing !== null) figures.remark(mosquittoMissing);
  const others = mosquittoMissing === null ? (["mosquitto"] as const) : [];
  const names: readonly GatewayName[] = ["floor", "campus-edge", ...others];
  const memory = inMemory(tmpdir());
  if (memory) figures.remark("wear: TMPDIR is no disk, nothing is written there");
  else
    figures.remark(
      `wear: messages of one value; bytes that the process gave to the disk, without the file system's own journal; years: ${typical} records/s, ${emmc.bytes / 1e9} GB, ${emmc.cycles} erase cycles, a write amplification of ${emmc.amplification} assumed, and nothing else that writes`,
    );
  const cut = quick ? 4000 : 30_000;
  // All side by side: what is counted is each one's own.
  const paced = async () => {
    for (const pace of quick ? quickPaces : paces)
      await Promise.all(names.map((name) => written(name, pace)));
  };
  await Promise.all([
    memory ? null : paced(),
    lostBy("campus-edge", "every change", cut),
    ...others.flatMap((name) => [lostBy(name, "every change", cut), lostBy(name, "every second", cut)]),
  ]);

  async function written(name: GatewayName, { perSecond, lastsMs }: Pace): Promise<void> {
    await inSetting(name, "every change", async ({ receiver, start, send }) => {
      const running = await start(false);
      const senders = await send(running, perSecond);
      for (const platform of ["up", "away"] as const) {
        if (platform === "away") await receiver.ask("away");
        await pause(settleMs);
        const look = async () => ({ ...usageOf(running.pid), ...(await senders.ask("count")), at: now() });
        const from = await look();
        await pause(lastsMs);
        const to = await look();
        const bytes = (to.writtenBytes - from.writtenBytes) / ((to.acked - from.acked) * values);
        const cpu = (to.cpuMs - from.cpuMs) / ((to.at - from.at) / 100);
        const title = `wear, ${perSecond} records/s, platform ${platform}`;
        const note = (figure: Figure, value: number) => figures.note(title, figure, name, value);
        note({ name: "written per record", unit: "kB", decimals: 2 }, bytes / 1000);
        note({ name: "CPU", unit: "% of a core", decimals: 1 }, cpu);
        if (perSecond === typical) {
          const perDay = bytes * typical * 86_400;
          note({ name: "written a day", unit: "GB", decimals: 2 }, perDay / 1e9);
          const years = (emmc.bytes * emmc.cycles) / emmc.amplification / perDay / 365;
          note({ name: "eMMC lasts", unit: "years", decimals: 1 }, years);
        }
        say(`${title}, ${name}: ${(bytes / 1000).toFixed(2)} kB a record, ${cpu.toFixed(1)} % of a core`);
      }
    });
  }

  /** The platform goes, the power goes and comes, the platform comes: what was acknowledged and never arrives? */
  async function lostBy(name: GatewayName, saving: Saving, awayMs: number): Promise<void> {
    await inSetting(name, saving, async ({ receiver, start, send }) => {
      let running = await start(false);
      const perSecond = 50;
      let senders = await send(running, perSecond);
      await pause(1000);
      await receiver.ask("away");
      await pause(awayMs / 2);
      await running.kill();
      const before = await senders.ask("count");
      await senders.end();
      running = await start(true);
      senders = await send(running, perSecond);
      await pause(awayMs / 2);
      await receiver.ask("back", { markAt: now() });
      const after = await senders.ask("rest");
      const acked = before.acked + after.acked;
      const arrived = await quiet(receiver, acked, patienceMs);
      const title = "wear, platform away, power cut";
      const what = name === "mosquitto" ? `, mosquitto saving ${saving}` : "";
      const lost = Math.max(0, acked - arrived);
      figures.note(title, { name: `acknowledged and lost${what}`, unit: "", decimals: 0 }, name, lost);
      say(`${title}, ${name}${what}: ${lost} of ${acked} acknowledged messages lost`);
    });
  }

  async function inSetting(name: GatewayName, saving: Saving, work: (setting: Setting) => Promise<void>) {
    const origin = now();
    const undo: (() => unknown)[] = [];
    try {
      const receiver = startPart<ReceiverCalls>("./receiver.ts");
      undo.push(() => receiver.end());
      const port = await receiver.ask("listen", { origin });
      await receiver.ask("tellApart");
      const { start, remove } = await gateway({ name, receiver: port, devices, values, saving });
      undo.push(remove);
      await work({
        receiver,
        async start(alone) {
          const running = await start(alone);
          undo.push(() => running.kill());
          return running;
        },
        async send({ port: door }, perSecond) {
          const senders = startPart<DevicesCalls>("./devices.ts");
          undo.push(() => senders.end());
          await senders.ask("connect", { port: door, count: devices, origin, patienceMs: 10_000, values });
          await senders.ask("pace", { perSecond });
          return senders;
        },
      });
    } finally {
      for (const step of undo.reverse()) await step();
    }
  }
};

/** Different messages that have arrived: at least so many, or all there are when no more came for a while. */
async function quiet(receiver: Setting["receiver"], least: number, patienceMs: number): Promise<number> {
  let seen = await receiver.ask("apart");
  for (let since = now(); seen < least && now() - since < patienceMs; await pause(100)) {
    const apart = await receiver.ask("apart");
    if (apart !== seen) since = now();
    seen = apart;
  }
  return seen;
}
