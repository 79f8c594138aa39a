/**
 * Whether it is the expected unit that speaks, by the serial number it shows.
 *
 * Holds, for a device whose files expect a serial number and whose profile says where it is shown:
 * - nothing is taken of it until it has shown the expected number on this very connection, since a swapped unit may
 *   say values before its number, and a number shown on an earlier connection says nothing about who came now;
 * - the number shown last counts until another one is shown: a message without any is of the same unit.
 */
import type { Fault } from "../contract/index.ts";
import { mqttFault } from "./faults.ts";
import type { MqttDevice } from "./fields.ts";

/** True iff its serial number is to be looked at. */
export const isExpected = ({ expect, profile }: Pick<MqttDevice, "expect" | "profile">) =>
  expect !== undefined && profile.serial !== undefined;

export class Serials<C extends object> {
  /** By connection and device: what was shown last. It goes with the connection. */
  readonly #shown = new WeakMap<C, Map<string, readonly string[]>>();

  /**
   * @param shown the numbers in a message, none if it has none
   * @returns null when it may be taken
   */
  judge(connection: C, device: MqttDevice, shown: readonly string[]): Fault | null {
    if (!isExpected(device)) return null;
    let all = this.#shown.get(connection);
    if (all === undefined) {
      all = new Map();
      this.#shown.set(connection, all);
    }
    if (shown.length > 0) all.set(device.id, shown);
    const known = all.get(device.id);
    if (known === undefined) return mqttFault("mqtt.serial-missing");
    const { expect: expected = "" } = device;
    const found = known.find((serial) => plain(serial) !== plain(expected));
    if (found === undefined) return null;
    return mqttFault("mqtt.serial", {
      facts: { expected, ...(printable.test(found) ? { found } : {}) },
    });
  }
}

/** What may be a serial number, and surely is no name of anybody. */
const printable = /^(?=.*\d)[A-Za-z0-9._:-]{1,40}$/;

/** Case, blanks, colons and hyphens differ between a label, a web page and a message. Leading zeros count. */
const plain = (serial: string) => serial.toLowerCase().replace(/[\s:-]/g, "");
