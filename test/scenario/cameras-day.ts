/**
 * Cameras in virtual time under the driver and the supervisor that the agent has, over real sockets: they start anew with
 * other clocks, lose their power, take each other's addresses, go away and come back, have their password changed, are cut
 * off. What may be taken of each is known from the camera itself.
 */
import type { Fault, Message, Reading, Session } from "../../drivers/contract/index.ts";
import { onvifDriver } from "../../drivers/onvif/index.ts";
import { type OnvifDevice, onvifKind } from "../../drivers/onvif/schema.ts";
import { Poller } from "../../edge/supervise/poller.ts";
import { type MakerName, makers } from "../../simulator/cameras/makers.ts";
import { SimulatedCamera } from "../../simulator/cameras/simulated-camera.ts";
import { type Chance, seeded } from "../../simulator/seeded.ts";
import { driverContext, secretsOf } from "../driver-context.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { cameraAt } from "../unit/onvif/world.ts";
import { becomeStill } from "./still.ts";

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
const makerNames = Object.keys(makers) as MakerName[];
const told = ["motion", "tamper"] as const;
const points = {
  clock_offset: { ask: "clock-offset" },
  device_firmware: { ask: "firmware" },
  motion: {
    events: [
      "RuleEngine/CellMotionDetector/Motion#IsMotion",
      "VideoSource/MotionAlarm#State",
      "RuleEngine/CellMotionDetector/People#IsPeople",
      "RuleEngine/PeopleDetector/People#IsPeople",
      "RuleEngine/TPSmartEventDetector/TPSmartEvent#IsPeople",
      "Device/Sensor/PIR#state",
      "CameraApplicationPlatform/VMD/*#active",
    ],
  },
  tamper: {
    events: [
      "VideoSource/GlobalSceneChange/*#State",
      "RuleEngine/TamperDetector/Tamper#IsTamper",
      "RuleEngine/TPSmartEventDetector/TPSmartEvent#IsTamper",
      "RuleEngine/CellMotionDetector/Tamper#IsTamper",
    ],
  },
};
/** What a camera says at once, and what its asker still does with an answer of just before. */
const lateMs = 2 * secondMs;

/** One camera and what the gateway knows of it. */
export interface Watched {
  id: string;
  camera: SimulatedCamera;
  /** Its port by the files. */
  port: number;
  /** It is where the files say. */
  isHome: boolean;
  isUp: boolean;
  /** By point, as it was handed over last, and when. */
  known: Map<string, { raw: unknown; at: number }>;
  polled: { at: number; faults: readonly Fault[]; values: Record<string, unknown> };
  /** When each state that was taken could still be taken: `point value` → monotonic ms; Infinity: it is so now. */
  truth: Map<string, number>;
  wrongBefore: number;
}

export class CameraDay {
  readonly clock = new FakeClock();
  readonly chance: Chance;
  readonly watched: Watched[] = [];
  /** What was taken and was never true of its camera. */
  readonly wrong: string[] = [];
  readonly #secrets = new Map([["onvif", new TextEncoder().encode("first")]]);
  readonly #still = becomeStill();
  readonly #stop = new AbortController();
  #session: Session | null = null;
  #running: Promise<void> | null = null;

  constructor(seed: number) {
    this.chance = seeded("cameras-day", seed);
  }

  get now(): number {
    return this.clock.monotonicMs();
  }

  draw(from: number, to: number): number {
    return from + Math.floor(this.chance() * (to - from + 1));
  }

  async start(count: number): Promise<void> {
    const { clock } = this;
    for (let n = 0; n < count; n++) {
      const maker = makerNames[n % makerNames.length] as MakerName;
      const differs = { serial: `SIM-${1000 + n}`, firmware: `V${n}.0` };
      const own = { maker, differs, password: "first", clock, hosts: ["127.0.0.1"], mostSubscriptions: 2 };
      const camera = new SimulatedCamera(own);
      await camera.start();
      const one: Watched = {
        ...{ id: `cam-${n}`, camera, port: camera.port, isHome: true, isUp: false, wrongBefore: 0 },
        ...{ known: new Map(), truth: new Map(), polled: { at: 0, faults: [], values: {} } },
      };
      this.watched.push(one);
      this.#note(one);
    }
    await this.#open();
  }

  async #open(): Promise<void> {
    const { clock } = this;
    const log = recordingLog();
    const link = onvifKind.link.parse({ user: "edge", password: "secret:onvif" });
    const devices = this.watched.map(
      ({ id, port, camera }): OnvifDevice => cameraAt(port, id, points, camera.state.serial, "10s"),
    );
    const context = driverContext(clock, { log, secret: secretsOf(this.#secrets) });
    const session = (await onvifDriver.open(link, devices, context, this.#stop.signal)) as unknown as Session;
    this.#session = session;
    const poller = new Poller({
      ...{ link: "onvif", clock, log },
      hand: async (reading) => this.#polled(reading),
      presence: (fact) => {
        const one = this.watched.find(({ id }) => id === fact.device);
        if (one !== undefined && (fact.what === "up" || fact.what === "down")) one.isUp = fact.what === "up";
      },
      figures() {},
    });
    poller.adopt(onvifKind.plan(link, devices));
    this.#running = poller.run(session, this.#stop.signal);
    const deliver = async ({ readings }: Message) => {
      for (const reading of readings) this.#take(reading);
    };
    await session.listen?.(deliver, this.#stop.signal);
  }

  #polled(reading: Reading): void {
    const one = this.#of(reading.device);
    one.isUp = reading.samples.length > 0 || one.isUp;
    const values = Object.fromEntries(reading.samples.map(({ point, raw }) => [point, raw]));
    one.polled = { at: this.now, faults: reading.faults, values };
    this.#take(reading);
  }

  #of(id: string): Watched {
    const one = this.watched.find((each) => each.id === id);
    if (one === undefined) throw new Error(`${id} is no camera here`);
    return one;
  }

  /** Whatever is taken is of that camera, and was true of it just now. */
  #take({ device, samples }: Reading): void {
    const one = this.#of(device);
    for (const { point, raw } of samples) {
      const until = one.truth.get(`${point} ${raw}`) ?? Number.NEGATIVE_INFINITY;
      if (point !== "clock_offset" && until < this.now - lateMs)
        this.wrong.push(`${device} ${point} ${raw} at ${this.now}, which was so until ${until}`);
      one.known.set(point, { raw, at: this.now });
    }
  }

  /** What is true of it from now on. */
  #note(one: Watched): void {
    for (const [key, until] of one.truth)
      if (until === Number.POSITIVE_INFINITY) one.truth.set(key, this.now);
    if (!one.isHome) return;
    const { motion, tamper, firmware } = one.camera.state;
    for (const [point, value] of Object.entries({ motion, tamper, device_firmware: firmware }))
      one.truth.set(`${point} ${value}`, Number.POSITIVE_INFINITY);
  }

  /** Resolves when whoever is told of it at once was. */
  see(one: Watched, what: { motion?: boolean; tamper?: boolean }): Promise<void> {
    const { motion } = what;
    // Whatever its maker calls a motion.
    one.camera.set({ ...what, ...(motion === undefined ? {} : { people: motion, pir: motion }) });
    this.#note(one);
    return this.#still();
  }

  setClock(one: Watched, wallMs: number): void {
    one.camera.set({ clockOffsetMs: wallMs - this.clock.wallMs() });
  }

  async off(one: Watched): Promise<void> {
    one.isHome = false;
    await one.camera.stop();
    this.#note(one);
  }

  /** It has power again, at this port, by default its own. */
  async on(one: Watched, port = one.port): Promise<void> {
    const [, ...others] = one.camera.doors;
    await one.camera.move({ port });
    for (const door of others) await door.start();
    one.isHome = port === one.port;
    this.#note(one);
  }

  /** All cameras and the gateway are given another password. */
  renewPassword(to: string): void {
    for (const { camera } of this.watched) camera.setPassword(to);
    this.#secrets.set("onvif", new TextEncoder().encode(to));
  }

  /** Time passes, and people walk by. */
  async pass(ms: number, walkEveryMs = 5 * minuteMs): Promise<void> {
    for (const until = this.now + ms; this.now < until; ) {
      const one = this.watched[this.draw(0, this.watched.length - 1)];
      const point = told[this.draw(0, 1)];
      if (one !== undefined && point !== undefined)
        await this.see(one, { [point]: !one.camera.state[point] });
      await this.clock.advance(Math.min(walkEveryMs, until - this.now), this.#still);
    }
  }

  /** Time passes, and nothing changes. */
  quiet(ms: number): Promise<void> {
    return this.clock.advance(ms, this.#still);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("over"));
    const closing = Promise.all([this.#session?.close(), this.#running]);
    let open = true;
    const done = () => {
      open = false;
    };
    closing.then(done, done);
    while (open) await this.clock.advance(500, this.#still);
    await closing;
    await Promise.all(this.watched.map(({ camera }) => camera.stop()));
  }
}
