/**
 * An action of a profile: what is wrong with it beyond its own fields, and the requests that it becomes. Pure.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";
import { type ModbusAction, type ModbusWrite, type Part, wordsOf } from "./action-fields.ts";
import { modbusFault } from "./faults.ts";
import type { Write } from "./pdu.ts";
import type { ModbusProfile } from "./profile-fields.ts";

type Problem = Omit<KindProblem, "device" | "severity">;

/**
 * An argument that is not there or that nothing writes, and a register that says under which number or how fast the
 * device speaks: only setting it up writes that, as afterwards nobody would reach it.
 */
export function checkAction(
  { writes }: ModbusAction,
  { assign }: Pick<ModbusProfile, "assign">,
  args: readonly string[],
): Problem[] {
  const used = new Set(
    writes.flatMap(({ parts }) => parts.flatMap((part) => ("arg" in part ? [part.arg] : []))),
  );
  const names = args.join(", ");
  return [
    ...[...used]
      .filter((name) => !args.includes(name))
      .map((name) => ({
        key: "write",
        what: { zh: `这个动作没有参数 “${name}”`, en: `this action has no argument "${name}"` },
        fix:
          args.length === 0
            ? { zh: `在 args 里加上 ${name}`, en: `add ${name} to args` }
            : { zh: `可写：${names}`, en: `write one of: ${names}` },
      })),
    ...args
      .filter((name) => !used.has(name))
      .map((name) => ({
        key: "args",
        what: { zh: `参数 ${name} 没有写到任何地方`, en: `the argument ${name} is written nowhere` },
        fix: {
          zh: `在 write 里写 arg: ${name}，或删掉它`,
          en: `write arg: ${name} below write, or remove it`,
        },
      })),
    ...writes.flatMap((write) =>
      [assign?.unit?.address, assign?.baud?.address, assign?.both?.address]
        .filter((address) => address !== undefined && covers(write, address))
        .map((address) => ({
          key: "write",
          what: {
            zh: `寄存器 ${address} 设的是地址或速率，动作不能写`,
            en: `register ${address} sets its number or its speed: no action writes that`,
          },
          fix: { zh: "换一个寄存器；设地址用 assign", en: "choose another register; assign sets a number" },
        })),
    ),
  ];
}

const covers = ({ fc, address, count }: ModbusWrite, register: number) =>
  (fc === 6 || fc === 16) && register >= address && register < address + count;

/** The requests of an action, in their order; a fault when a value does not fit where it is written. */
export function requestsOf(
  { writes }: ModbusAction,
  { order }: Pick<ModbusProfile, "order">,
  args: Readonly<Record<string, Value>>,
): Write[] | Fault {
  const requests: Write[] = [];
  for (const { fc, address, parts } of writes) {
    const values: number[] = [];
    for (const part of parts) {
      const value = rawOf(part, args);
      const words = value === null ? null : wordsOf(part.type, value, part.order ?? order);
      if (words === null) return modbusFault("modbus.unfit", "arg" in part ? { fact: part.arg } : {});
      values.push(...words);
    }
    requests.push({ kind: "write", fc, address, values });
  }
  return requests;
}

/** Beyond so much a number is none of a register's steps: what is less comes of counting in binary. */
const noise = 1e-6;

/** null: there is none. */
function rawOf(part: Part, args: Readonly<Record<string, Value>>): number | null {
  if ("value" in part) return part.value;
  const raw = Object.hasOwn(args, part.arg) ? (args[part.arg] ?? null) : null;
  if (part.codes !== undefined) return part.codes.get(String(raw)) ?? null;
  if (typeof raw === "boolean") return raw ? 1 : 0;
  if (typeof raw !== "number") return null;
  const whole = Math.round(raw);
  return !part.type.startsWith("float") && Math.abs(raw - whole) <= noise * Math.max(1, Math.abs(raw))
    ? whole
    : raw;
}
