/**
 * Boxes: devices that carry links and say nothing themselves, such as serial servers. They are not polled and have no
 * driver; what they are for is their host, which the links and devices behind them have, and the place where they are.
 */
import { z } from "zod";
import type { Kind } from "../schema/kind.ts";
import { host } from "../schema/scalar.ts";
import type { Device } from "./device.ts";

const nothing = z.never();

/** How the files describe a box, among the kinds of the drivers. No link is of this kind. */
export const boxKind = {
  driver: "box",
  kind: "box",
  link: nothing,
  address: z
    .strictObject({ host: host.describe("Its address in the network") })
    .describe("How a box is reached"),
  profile: z.strictObject({}).describe("A model of box: it has no points"),
  source: nothing,
  action: nothing,
  carries: ["links"],
  line: () => "",
  plan: () => [],
} satisfies Kind<never, { host: string }, object, never, never>;

/** With the boxes; `kinds` are those of the drivers. */
export const withBoxes = (kinds: readonly Kind[]): Kind[] => [...kinds, boxKind as unknown as Kind];

/** It hangs on nothing. */
export const isBox = ({ profile }: Pick<Device, "profile">): boolean => profile?.driver === boxKind.driver;
