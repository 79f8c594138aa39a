/** The displays and projectors of a scene, each as its maker builds it. */
import type { Clock } from "../../config/schema/context.ts";
import type { Fittings } from "../devices/fittings.ts";
import { benqDisplay, benqInputs } from "../displays/benq.ts";
import { epson, epsonInputs } from "../displays/epson.ts";
import { hexPanel, plainTable } from "../displays/hex-panel.ts";
import { hisenseDisplay, hisenseInputs } from "../displays/hisense.ts";
import { lgDisplay, lgInputs } from "../displays/lg.ts";
import { necDisplay, necInputs } from "../displays/nec.ts";
import { Panel, type PanelOptions } from "../displays/panel.ts";
import { pjlink, pjlinkInputs } from "../displays/pjlink.ts";
import { mdcInputs, samsungMdc } from "../displays/samsung-mdc.ts";
import { seeded } from "../seeded.ts";
import { type Dialect, Instrument, type Talks } from "../talk/instrument.ts";
import type { PlacedDevice } from "./placed.ts";

/** A lamp must burn hot and cool down; a laser and a display need seconds (recalled). */
const lamp = { warmMs: 30_000, coolMs: 60_000, busy: "refuses" } as const;
const slowLamp = { warmMs: 40_000, coolMs: 60_000, busy: "refuses" } as const;
const laser = { warmMs: 12_000, coolMs: 5000, busy: "refuses" } as const;
const screen = { warmMs: 6000, coolMs: 0, busy: "remembers" } as const;

/** Until a connection on which nothing is said is closed, ms; the others keep theirs. */
const idle: Readonly<Record<string, number>> = {
  "pjlink-projector": 30_000,
  "pjlink-laser": 30_000,
  "hisense-dm-tcp": 10_000,
};
export const idleOf = (model: string): { idleMs?: number } => {
  const idleMs = idle[model];
  return idleMs === undefined ? {} : { idleMs };
};

/** A set: what talks for it, and what is behind. */
export interface Screen {
  talks: Talks;
  panel: Panel;
}

/** @throws RangeError when its model is none of these */
export function screenOf(device: PlacedDevice, fittings: Fittings, clock: Clock, seed: string): Screen {
  const { id, space, model, control, hex } = device;
  const hours = Math.floor(seeded("hours", seed)() * 4000);
  const one = <Order>(
    how: Pick<PanelOptions, "warmMs" | "coolMs" | "busy">,
    inputs: readonly number[],
    dialect: (panel: Panel) => Dialect<Order>,
  ): Screen => {
    const panel = new Panel({ ...how, inputs, hours, clock, place: fittings.panel });
    return {
      talks: new Instrument(dialect(panel), { seed, jitterMs: 20, powered: () => panel.powered }),
      panel,
    };
  };
  const setId = control?.number ?? 1;
  const password = control?.password;
  const name = `${space} 投影机`;
  switch (model) {
    case "pjlink-projector":
      return one(lamp, pjlinkInputs, (panel) =>
        pjlink(panel, { name, seed, ...(password === undefined ? {} : { password }) }),
      );
    case "pjlink-laser":
      return one(laser, pjlinkInputs, (panel) =>
        pjlink(panel, { level: 2, lamps: 0, name, seed, serial: id.toUpperCase() }),
      );
    case "samsung-mdc":
    case "samsung-mdc-tcp":
      return one(screen, mdcInputs, (panel) => samsungMdc(panel, { id: setId }));
    case "lg-rs232":
      return one(screen, lgInputs, (panel) => lgDisplay(panel, { id: setId }));
    case "nec-display":
    case "nec-display-tcp":
      return one(screen, necInputs, (panel) => necDisplay(panel, { id: setId }));
    case "epson-escvp21":
      return one(slowLamp, epsonInputs, (panel) => epson(panel));
    case "epson-escvp21-tcp":
      return one(slowLamp, epsonInputs, (panel) => epson(panel, { networkStandby: true }));
    case "hisense-bm":
      return one(screen, hisenseInputs, (panel) => hisenseDisplay(panel, { id: setId }));
    case "hisense-dm-tcp":
      return one(screen, hisenseInputs, (panel) => hisenseDisplay(panel, { id: setId, digits: true }));
    case "benq-display":
      return one(screen, benqInputs, (panel) => benqDisplay(panel, { id: setId }));
    case "hex-panel":
    case "hex-panel-tcp":
      return one(screen, [1, 2, 3], (panel) => hexPanel(panel, hex ?? plainTable));
    default:
      throw new RangeError(`${model} is no display`);
  }
}
