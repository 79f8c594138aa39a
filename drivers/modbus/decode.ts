/**
 * The data of an answer → raw values of points. Pure. A register that holds no value of its type is a fault of its
 * point and of nothing else.
 */
import { bitAt, decodeBits, decodeNumber, decodeText, type NumberType } from "../codec/registers.ts";
import type { Fault, Reading, Sample } from "../contract/index.ts";
import { type ModbusFaultCode, modbusFault } from "./faults.ts";
import type { JobPoint, ModbusBody } from "./plan.ts";

type Decoded = Pick<Reading, "samples" | "faults">;

/**
 * @param data of the answer to `body.request`: registers, high byte first, or packed bits
 * @returns one sample or fault for each point; `modbus.count` for what lies beyond the data
 */
export function decode({ points }: Pick<ModbusBody, "points">, data: Uint8Array): Decoded {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  for (const point of points) {
    const raw = rawOf(point, data);
    if (typeof raw === "object" && raw !== null) faults.push(modbusFault(raw.fault, { point: point.id }));
    else samples.push({ point: point.id, raw });
  }
  return { samples, faults };
}

/** Every point of the job has this fault: the device has none of them, or refuses them. */
export function refused({ points }: Pick<ModbusBody, "points">, code: ModbusFaultCode): Decoded {
  return { samples: [], faults: points.map(({ id }) => modbusFault(code, { point: id })) };
}

type Raw = Sample["raw"] | { fault: ModbusFaultCode };

function rawOf({ place, at }: JobPoint, data: Uint8Array): Raw {
  const { type, order, count, bit, bits } = place;
  if (type === "bool") return at < 8 * data.length ? bitAt(data, at) : { fault: "modbus.count" };
  const wire = data.subarray(2 * at, 2 * (at + count));
  if (wire.length !== 2 * count) return { fault: "modbus.count" };
  if (type === "bit") return decodeBits(wire, order, bit ?? 0, bit ?? 0) === 1;
  if (type === "text") {
    const text = decodeText(wire, order);
    // Nothing but NULs and blanks: the device has no such text.
    return text === null ? { fault: "modbus.type" } : text === "" ? null : text;
  }
  return numberOf(wire, type, place) ?? { fault: "modbus.type" };

  function numberOf(wire: Uint8Array, type: NumberType, { order }: JobPoint["place"]) {
    return bits === undefined ? decodeNumber(wire, type, order) : decodeBits(wire, order, bits.from, bits.to);
  }
}
