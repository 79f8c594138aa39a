/**
 * A unit as people see it. Pure.
 */

import type { CataloguePoint } from "../catalogue/point.ts";
import { cataloguePoints } from "../catalogue/points.ts";

/** Symbols of UCUM codes: as a display shows values in the very unit, and of those that none shows. */
const symbols = new Map([
  ["V.A", "VA"],
  ["V.A{reactive}", "var"],
  ...[...cataloguePoints.values()].flatMap(({ unit, display }) =>
    unit === undefined || display === undefined || display.factor !== undefined
      ? []
      : [[unit, display.unit] as const],
  ),
]);

/** Of what the files have, which is the catalogue's unit also where a display shows another; empty: none. */
export const unitShown = ({ unit, display }: Pick<CataloguePoint, "unit" | "display">): string =>
  unit === undefined
    ? ""
    : display !== undefined && display.factor === undefined
      ? display.unit
      : (symbols.get(unit) ?? unit);
