/**
 * What a subscriber that stops reading costs the others: a device's PUBACK at QoS 1, with and without one, at our
 * broker (with a wide test access list, so that there is somebody to subscribe) and at Debian's mosquitto, in turn
 * within the same run. A cut subscriber comes back frozen at once.
 *
 * `node test/bench/frozen-subscriber.ts [--quick]`. Exits non-zero when a message is not acknowledged, never for
 * speed.
 */
import mqttPacket from "mqtt-packet";
import { hasMosquitto, startMosquitto } from "../mosquitto.ts";
import { shellChild } from "../unit/mqtt/shell-child.ts";
import { RawClient } from "../unit/mqtt/world.ts";
import { median } from "./figures.ts";
import { type Latencies, Stopwatch } from "./latencies.ts";
import { now, pause } from "./moment.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 5;
/** Of the device: one reading every few ms. */
const readings = quick ? 200 : 1500;
const everyMs = 2;
/** What is said to the subscriber meanwhile, 6.4 MB/s: far more than the network holds for one who does not read. */
const noise = Buffer.alloc(32 * 1024, 0x6e);
const noiseEveryMs = 5;

interface Subject {
  name: string;
  port: number;
  stop(): Promise<void>;
}

async function meet(port: number, clientId: string): Promise<RawClient> {
  const client = await RawClient.open(port, false);
  client.connect({ clientId, keepalive: 0 });
  const { returnCode } = await client.next("connack");
  if (returnCode !== 0) throw new Error(`${clientId} was refused: ${returnCode}`);
  return client;
}

/** Subscribes to the noise; `frozen` reads nothing of it, and comes back whenever it is cut. */
async function subscribe(port: number, frozen: boolean, gone: AbortSignal): Promise<{ cuts: () => number }> {
  let cuts = 0;
  const one = async (): Promise<void> => {
    const client = await meet(port, "subscriber");
    client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "noise", qos: 0 }] });
    await client.next("suback");
    if (frozen) client.socket.pause();
    gone.addEventListener("abort", () => client.socket.destroy(), { once: true });
    // A paused socket sees the reset, not the end: writing finds it out.
    const probe = setInterval(() => {
      if (frozen && !client.closed) client.socket.write(Buffer.from([0xc0, 0]));
      if (!frozen) client.packets.length = 0;
    }, 50);
    client.socket.once("close", () => {
      clearInterval(probe);
      if (gone.aborted) return;
      cuts += 1;
      one().catch(() => {});
    });
  };
  await one();
  return { cuts: () => cuts };
}

/** PUBACKs of one device while the noise goes on. */
async function measure(port: number, frozen: boolean): Promise<{ latencies: Latencies; cuts: number }> {
  const gone = new AbortController();
  const { cuts } = await subscribe(port, frozen, gone.signal);
  const speaker = await meet(port, "speaker");
  const loud = mqttPacket.generate({
    cmd: "publish",
    topic: "noise",
    payload: noise,
    qos: 0,
    dup: false,
    retain: false,
  });
  const noisy = setInterval(() => {
    if (speaker.socket.writableLength < 4 * noise.length) speaker.socket.write(loud);
  }, noiseEveryMs);
  const device = await meet(port, "device");
  const watch = new Stopwatch();
  // By then all is warm, and the network full of what a frozen subscriber does not take.
  await pause(2_000);
  for (let n = 1; n <= readings + 100; n++) {
    if (n === 101) watch.start();
    const from = now();
    device.send({
      cmd: "publish",
      topic: "ce/v1/air/up/prop",
      payload: '{"co2":612}',
      qos: 1,
      messageId: n,
      dup: false,
      retain: false,
    });
    await acknowledged(device);
    watch.note(now() - from);
    await pause(everyMs);
  }
  clearInterval(noisy);
  gone.abort();
  speaker.socket.destroy();
  device.socket.destroy();
  return { latencies: watch.stop(), cuts: cuts() };
}

/** The next packet, as an event: looking for it every few ms would measure ourselves. */
async function acknowledged(client: RawClient): Promise<void> {
  const { socket, packets } = client;
  while (packets.length === 0) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const over = () => reject(new Error("a message was not acknowledged"));
    const limit = setTimeout(over, 60_000);
    const heard = () => resolve();
    socket.once("data", heard).once("close", over);
    await promise.finally(() => {
      clearTimeout(limit);
      socket.off("data", heard).off("close", over);
    });
  }
  packets.length = 0;
}

async function subjects(): Promise<Subject[]> {
  const ours = await shellChild("wide");
  const all: Subject[] = [{ name: "campus-edge", port: ours.port, stop: () => ours.stop() }];
  if (!hasMosquitto) console.log("mosquitto is not installed: nothing is measured beside ours");
  else all.push({ name: "mosquitto", ...(await startMosquitto(["allow_anonymous true"])) });
  return all;
}

const brokers = await subjects();
const taken = new Map<string, { latencies: Latencies; cuts: number }[]>();
for (let round = 1; round <= rounds; round++) {
  for (const frozen of round % 2 === 0 ? [true, false] : [false, true]) {
    for (const { name, port } of brokers) {
      const key = `${name}, ${frozen ? "frozen" : "reading"}`;
      taken.set(key, [...(taken.get(key) ?? []), await measure(port, frozen)]);
    }
  }
}
for (const broker of brokers) await broker.stop();

const of = (key: string, what: "p50" | "p99" | "max") =>
  median((taken.get(key) ?? []).map(({ latencies }) => latencies[what]));
console.log(`\nPUBACK of a device, ms, medians of ${rounds} × ${readings}`);
console.log(
  "broker, subscriber".padEnd(24) + ["p50", "p99", "max", "cut"].map((word) => word.padStart(9)).join(""),
);
for (const [key, runs] of taken) {
  const cells = (["p50", "p99", "max"] as const).map((what) => of(key, what).toFixed(3).padStart(9));
  const cuts = runs.reduce((sum, run) => sum + run.cuts, 0);
  console.log(key.padEnd(24) + cells.join("") + String(cuts).padStart(9));
}
for (const { name } of brokers) {
  const by = (["p50", "p99", "max"] as const).map(
    (what) => `${what} × ${(of(`${name}, frozen`, what) / of(`${name}, reading`, what)).toFixed(2)}`,
  );
  console.log(`${name}: a frozen subscriber makes it ${by.join(", ")}`);
}
if (brokers.length > 1) {
  const by = (["p50", "p99", "max"] as const).map(
    (what) => `${what} × ${(of("campus-edge, frozen", what) / of("mosquitto, frozen", what)).toFixed(2)}`,
  );
  console.log(`with a frozen subscriber, campus-edge ÷ mosquitto: ${by.join(", ")}`);
}
process.exit(0);
