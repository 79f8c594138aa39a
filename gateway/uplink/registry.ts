/**
 * The one visible list of uplink kinds: schemas at once, code only when a kind is used.
 */
import type { UplinkKind } from "../../config/schema/kind.ts";
import type { Uplink } from "../contract/index.ts";
import { httpsUplinkKind } from "./https/schema.ts";
import { mqttUplinkKind } from "./mqtt/schema.ts";

/** What `uplinks: { x: { kind } }` may name. */
export const uplinkKinds: readonly UplinkKind[] = [mqttUplinkKind, httpsUplinkKind];

const code: Record<string, () => Promise<Uplink>> = {
  mqtt: async () => (await import("./mqtt/index.ts")).mqttUplink,
  https: async () => (await import("./https/index.ts")).httpsUplink,
};

/** Loads the code of a kind in `uplinkKinds`; rejects for any other. */
export async function openUplinkKind(kind: string): Promise<Uplink> {
  const load = Object.hasOwn(code, kind) ? code[kind] : undefined;
  if (load === undefined) throw new RangeError(`there is no uplink kind "${kind}"`);
  return load();
}
