/**
 * Links and devices while they are read, and what stands in front of a device.
 */
import type { z } from "zod";
import type { Kind } from "../schema/kind.ts";
import type { Common, Named } from "./entry.ts";
import type { Profile } from "./profile.ts";
import type { deviceShape } from "./shape/device.ts";

export interface Link extends Named {
  /** Absent: missing or not known to this program (told). */
  kind?: Kind;
  /** What the kind's schema gave; only when `ok`. */
  settings: unknown;
  simulated: boolean;
  /** Device that carries the link, as written. */
  via?: string;
  /** The same; absent: none, or told. */
  carrier?: Device;
  ok: boolean;
}

export interface Device extends Named {
  common: Common<z.output<typeof deviceShape>>;
  /** The link at the end of its `via`; absent: none, or told. */
  link?: Link;
  /** Device that it hangs on. */
  bridge?: Device;
  /** Absent: missing or unknown (told). */
  profile?: Profile;
  /** It, or something that it hangs on, is off. */
  off: boolean;
}

/** The device itself, what it hangs on, and the devices that carry its link. */
export function trailOf(device: Device): Device[] {
  const trail: Device[] = [];
  for (let here: Device | undefined = device; here !== undefined; here = here.bridge ?? here.link?.carrier)
    trail.push(here);
  return trail;
}
