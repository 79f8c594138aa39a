/**
 * The catalogue of points: what the one property is, whatever device measures it.
 *
 * Units are UCUM; people see `display`. Limits are for orientation: the standards define means and
 * measuring conditions, so a single value never states conformity.
 */
import type { CataloguePoint } from "./point.ts";
import { accessPoints } from "./points-access.ts";
import { airPoints } from "./points-air.ts";
import { cameraPoints } from "./points-camera.ts";
import { comfortPoints } from "./points-comfort.ts";
import { displayPoints } from "./points-display.ts";
import { electricPoints } from "./points-electric.ts";
import { ownPoints } from "./points-own.ts";
import { roomPoints } from "./points-room.ts";
import { statePoints } from "./points-state.ts";

const list: readonly CataloguePoint[] = [
  ...airPoints,
  ...roomPoints,
  ...electricPoints,
  ...statePoints,
  ...comfortPoints,
  ...displayPoints,
  ...cameraPoints,
  ...ownPoints,
  ...accessPoints,
];

/** Every point by its id. */
export const cataloguePoints: ReadonlyMap<string, CataloguePoint> = new Map(
  list.map((point) => [point.id, point]),
);

export type { CataloguePoint };
