/** Bytes and devices as the tests of Modbus write them. */
import type { ModbusDevice, ModbusSource } from "../../../drivers/modbus/schema.ts";
import { profileSchema, sourceSchema } from "../../../drivers/modbus/schema.ts";

export const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));

export type Written = Record<string, string>;

export const source = (written: Written): ModbusSource => sourceSchema.parse(written);

/** A device as the loader gives it. @param points where each is, as a profile writes it, and its period */
export function device(
  id: string,
  points: Record<string, Written | { at: Written; everyMs: number }>,
  { unit = 1, ...profile }: { unit?: number } & Record<string, string | number> = {},
): ModbusDevice {
  const written = Object.fromEntries(Object.entries(profile).map(([key, value]) => [key, String(value)]));
  return {
    id,
    address: { unit },
    profile: profileSchema.parse(written),
    simulated: false,
    points: Object.entries(points).map(([point, said]) => {
      const { at, everyMs } = isTimed(said) ? said : { at: said, everyMs: 1000 };
      return { id: point, source: source(at), everyMs };
    }),
    actions: {},
  };
}

const isTimed = (
  said: Written | { at: Written; everyMs: number },
): said is { at: Written; everyMs: number } => typeof said.at === "object";
