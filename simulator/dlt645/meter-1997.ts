/** What a meter of DL/T 645-1997 says: the same frame, function 01, identifiers of two bytes. */
import { type Frame645, highFirst } from "./frame.ts";
import { bcd, type Supply, valuesOf } from "./items.ts";

const read = 0x01;
const answered = 0x81;

/** @returns null for what it does not know, such as everything of 2007 */
export function answer1997({ control, data }: Frame645, supply: Supply): Omit<Frame645, "address"> | null {
  if (control !== read || data.length !== 2) return null;
  const di = highFirst(data);
  // Forward energy in hundredths of a kWh; voltage in whole volts (recalled).
  if (di === "9010") {
    const [total = []] = valuesOf("00010000", { supply, address: "", wallMs: 0 }) ?? [];
    return { control: answered, data: Uint8Array.of(...data, ...total) };
  }
  if (di === "B611") return { control: answered, data: Uint8Array.of(...data, ...bcd(supply.voltage[0], 2)) };
  return null;
}
