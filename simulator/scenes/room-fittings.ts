/**
 * What devices can move in the rooms of a model.
 *
 * Holds: what was told lasts until people change it, as a switch in the room does.
 */
import type { Fittings } from "../devices/fittings.ts";
import type { SchoolModel } from "../rooms/model.ts";

/** @param now moves the rooms to the present; called before each look and each change */
export function roomFittings(model: SchoolModel, now: () => void, id: string): Fittings {
  const room = () => {
    now();
    return model.room(id);
  };
  return {
    panel: {
      now: () => {
        const { powered, panel } = room().state;
        return { powered, on: panel !== "off" };
      },
      turn: (on) => {
        now();
        model.set(id, { panel: on });
      },
    },
    ac: {
      now: () => {
        const { state, air } = room();
        return { powered: state.powered, state: state.ac.state, celsius: air.temperature };
      },
      tell: (by) => {
        now();
        model.set(id, { ac: by });
      },
    },
    lamps: (which, on) => {
      now();
      model.set(id, { lamps: { [which]: on } });
    },
  };
}
