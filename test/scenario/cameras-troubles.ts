/** What happens to cameras in a day: how it begins, what the gateway says of it meanwhile, and how it ends. */
import { type CameraDay, minuteMs, secondMs, type Watched } from "./cameras-day.ts";

export interface Trouble {
  name: string;
  /** How many cameras it takes. */
  takes: 1 | 2;
  /** @returns what ends it */
  begin(day: CameraDay, cameras: readonly Watched[]): Promise<() => Promise<void>>;
  /** What is said of each of them while it lasts; null: that it is well. */
  says: ((one: Watched, other: Watched | undefined) => Record<string, unknown>) | null;
}

const yearMs = 365.25 * 24 * 60 * minuteMs;
const nothing = async () => {};

/** A camera that starts anew has forgotten the time, or never knew it. */
const anyClock = (day: CameraDay, one: Watched) => {
  const offsets = [-day.clock.wallMs() + day.draw(0, 1e9), -8 * yearMs, 3 * yearMs, 90 * secondMs, 0];
  day.setClock(one, day.clock.wallMs() + (offsets[day.draw(0, offsets.length - 1)] ?? 0));
};

const away = (one: Watched) => ({ isUp: false, polledAt: one.polled.at });
const first = ([one]: readonly Watched[]): Watched => {
  if (one === undefined) throw new Error("it takes a camera");
  return one;
};

export const troubles: readonly Trouble[] = [
  {
    name: "starts anew",
    takes: 1,
    async begin(day, cameras) {
      const one = first(cameras);
      await day.off(one);
      await day.quiet(day.draw(20, 60) * secondMs);
      anyClock(day, one);
      await day.on(one);
      return nothing;
    },
    says: null,
  },
  {
    name: "has its clock set",
    takes: 1,
    async begin(day, cameras) {
      anyClock(day, first(cameras));
      return nothing;
    },
    says: null,
  },
  {
    name: "loses its subscriptions",
    takes: 1,
    async begin(_, cameras) {
      first(cameras).camera.points.clear();
      return nothing;
    },
    says: null,
  },
  {
    name: "is cut off again and again",
    takes: 1,
    async begin(day, cameras) {
      for (let time = 0; time < 5; time++) {
        for (const door of first(cameras).camera.doors) door.cut();
        await day.quiet(day.draw(1, 9) * secondMs);
      }
      return nothing;
    },
    says: null,
  },
  {
    name: "loses its power",
    takes: 1,
    async begin(day, cameras) {
      const one = first(cameras);
      await day.off(one);
      return async () => {
        anyClock(day, one);
        await day.on(one);
      };
    },
    says: away,
  },
  {
    name: "is given another address",
    takes: 1,
    async begin(day, cameras) {
      const one = first(cameras);
      await day.off(one);
      await day.quiet(day.draw(5, 40) * secondMs);
      await day.on(one, 0);
      return async () => {
        await day.off(one);
        await day.on(one);
      };
    },
    says: away,
  },
  {
    name: "takes the address of another, which takes its own",
    takes: 2,
    async begin(day, [one, other]) {
      if (one === undefined || other === undefined) throw new Error("it takes two cameras");
      const both = async (places: readonly [Watched, number][]) => {
        for (const each of [one, other]) await day.off(each);
        await day.quiet(day.draw(20, 40) * secondMs);
        for (const [each, port] of places) await day.on(each, port);
      };
      await both([
        [one, other.port],
        [other, one.port],
      ]);
      return () =>
        both([
          [one, one.port],
          [other, other.port],
        ]);
    },
    says: (one, other) => ({
      code: "onvif.serial",
      facts: { expected: one.camera.state.serial, found: other?.camera.state.serial },
    }),
  },
  {
    name: "has its password changed",
    takes: 1,
    async begin(day, cameras) {
      first(cameras).camera.setPassword("somebody's own");
      return async () => day.renewPassword(`word-${day.now}`);
    },
    says: () => ({ code: "onvif.password" }),
  },
];
