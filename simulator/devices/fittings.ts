/** What devices can move in their room, besides measuring it. */
import type { PanelPlace } from "../displays/panel.ts";
import type { AcUnit } from "./ac-unit.ts";

export interface Fittings {
  /** The socket of the panel or projector. */
  panel: PanelPlace;
  ac: AcUnit;
  lamps(which: "desks" | "board", on: boolean): void;
}
