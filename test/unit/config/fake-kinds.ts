/**
 * A protocol and an uplink that exist only here: the loader must not care.
 */
import { z } from "zod";
import type { DevicePlan, Kind, UplinkKind } from "../../../config/schema/kind.ts";
import { decimal, flag, integer, secret, text } from "../../../config/schema/scalar.ts";

const link = z.strictObject({
  port: text(64),
  baud: z.enum(["4800", "9600"]).default("9600"),
  host: text(64).optional(),
  lock: secret.optional(),
});
const address = z.strictObject({
  unit: integer(1, 247),
  host: text(64).optional(),
  pin: secret.optional(),
  window: z
    .union([z.literal("off"), z.strictObject({ from: integer(0, 23), to: integer(0, 23) })])
    .optional(),
  relays: z.array(integer(1, 8)).max(4).optional(),
});
const profile = z.strictObject({
  order: z.enum(["high-first", "low-first"]).default("high-first"),
  buffered: flag.optional(),
});
const source = z.strictObject({
  register: integer(0, 65_535),
  factor: decimal().default(1),
  digest: flag.optional(),
});
const action = z.strictObject({ write: integer(0, 65_535) });

type Device = DevicePlan<
  z.output<typeof address>,
  z.output<typeof profile>,
  z.output<typeof source>,
  z.output<typeof action>
>;

/** Devices have a unit number of their own on one serial port, or behind one host. */
export const busKind: Kind<
  z.output<typeof link>,
  z.output<typeof address>,
  z.output<typeof profile>,
  z.output<typeof source>,
  z.output<typeof action>
> = {
  driver: "bus",
  kind: "fake-bus",
  link,
  address,
  profile,
  source,
  action,
  carries: ["links", "devices"],
  line: (link, address) => {
    const host = address.host ?? link.host;
    return host === undefined ? `serial:${link.port}` : `tcp:${host}:${link.port}`;
  },
  plan: () => [],
  check: (_link, devices) => unitsTwice(devices),
  checkAction: ({ write }, { order }, args) =>
    write < 60_000
      ? []
      : [
          {
            key: "write",
            what: { zh: `不能写 ${write}`, en: `${write} is not written with ${args.join()} in ${order}` },
            fix: { zh: "换一个", en: "choose another" },
          },
        ],
};

function unitsTwice(devices: readonly Device[]) {
  const units = new Map<number, string>();
  return devices.flatMap(({ id, address: { unit } }) => {
    const first = units.get(unit);
    units.set(unit, first ?? id);
    if (first === undefined) return [];
    return {
      device: id,
      key: "unit",
      what: { zh: `地址 ${unit} 已经给了 ${first}`, en: `unit ${unit} already belongs to ${first}` },
      fix: { zh: "换一个地址", en: "choose another unit" },
    };
  });
}

const config = z.strictObject({ url: text(200), token: secret.optional(), pause: integer(0, 60).default(1) });

export const postKind: UplinkKind<z.output<typeof config>> = { kind: "post", config };
