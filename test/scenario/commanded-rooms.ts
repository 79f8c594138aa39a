/**
 * Rooms in which nobody is: what moves there was moved by a command. What moved is written down in a few words, so
 * that once can be told from twice.
 */

import { looseAc } from "../../simulator/devices/ac-unit.ts";
import type { Fittings } from "../../simulator/devices/fittings.ts";
import type { Panel } from "../../simulator/displays/panel.ts";
import type { ModbusSlave } from "../../simulator/modbus/slave.ts";
import { placedDevices } from "../../simulator/scenes/placed.ts";
import type { SceneFile } from "../../simulator/scenes/scene-schema.ts";
import type { SimulatedSchool } from "../../simulator/scenes/simulated-school.ts";
import type { World } from "../../simulator/scenes/world.ts";

/** What moved, by device, in its order. */
export class Moves {
  readonly #moves = new Map<string, string[]>();

  of(device: string): readonly string[] {
    return this.#moves.get(device) ?? [];
  }

  add(device: string, what: string): void {
    const known = this.#moves.get(device);
    if (known === undefined) this.#moves.set(device, [what]);
    else known.push(what);
  }

  /** Each time that something of a display is set; not that it forgets, when it goes off, what it had not. */
  watchPanel(device: string, panel: Panel): void {
    for (const part of ["input", "volume", "muted", "blank", "frozen"] as const) {
      let value: number | boolean = panel[part];
      Object.defineProperty(panel, part, {
        get: () => value,
        set: (next: number | boolean) => {
          const isForgotten = (part === "blank" || part === "frozen") && !next && !value;
          if (!isForgotten) this.add(device, `${part} ${next}`);
          value = next;
        },
      });
    }
    const turn = panel.turn.bind(panel);
    panel.turn = (on) => {
      this.add(device, on ? "on" : "off");
      return turn(on);
    };
  }

  /** Each write that a slave took, with the first address and the cells. */
  watchSlave(device: string, { bank }: ModbusSlave): void {
    const write = bank.write.bind(bank);
    bank.write = (table, address, cells) => {
      const refused = write(table, address, cells);
      if (refused === null) this.add(device, `${table} ${address} = ${cells.join(" ")}`);
      return refused;
    };
  }

  watch({ controls, slaves }: SimulatedSchool): void {
    for (const [device, panel] of controls.panels) this.watchPanel(device, panel);
    for (const [device, slave] of slaves) this.watchSlave(device, slave);
  }
}

/** One device in each room at most moves something there. @param moves of the units behind gateways */
export function commandedRooms(scene: SceneFile, moves: Moves): World {
  const rooms = new Map<string, Fittings>();
  for (const { id, space, control } of placedDevices(scene)) {
    let on = false;
    const unit = looseAc();
    const isUnit = control?.indoor !== undefined;
    rooms.set(space, {
      panel: {
        now: () => ({ powered: true, on }),
        turn(to) {
          on = to;
        },
      },
      ac: {
        now: unit.now,
        tell(by) {
          if (isUnit) for (const [what, to] of Object.entries(by)) moves.add(id, `${what} ${to}`);
          unit.tell(by);
        },
      },
      lamps: () => {},
    });
  }
  const nothing = () => {
    throw new RangeError("nothing is measured here");
  };
  return {
    air: nothing,
    room: nothing,
    circuit: nothing,
    floor: nothing,
    power: nothing,
    stick: nothing,
    fittings: (room) => rooms.get(room) ?? nothing(),
  };
}
