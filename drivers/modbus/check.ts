/**
 * Cross-checks of the devices of one link that a schema cannot see. Pure; tells every problem, not the first.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import { registersOf } from "../codec/registers.ts";
import { overBudget } from "./budget.ts";
import type { ModbusDevice, RtuLink } from "./fields.ts";
import { type ModbusJob, mostOf } from "./plan.ts";
import { placeOf } from "./point-fields.ts";
import { anyUnit } from "./scalars.ts";

/**
 * @param lines the line of each device, in their order
 * @param jobs of the devices that are polled
 */
export function checkRtu(
  link: RtuLink,
  devices: readonly ModbusDevice[],
  lines: readonly string[],
  jobs: readonly ModbusJob[],
): KindProblem[] {
  const budget = overBudget(jobs, link);
  return [
    ...unstable(link),
    ...alone(devices),
    ...checkDevices(devices, lines),
    ...(budget === null ? [] : [budget]),
  ];
}

export function checkDevices(devices: readonly ModbusDevice[], lines: readonly string[]): KindProblem[] {
  return [...unitsTwice(devices, lines), ...unseenSerials(devices), ...tooLong(devices)];
}

/** Whoever answers to any unit answers to those of the others, too. */
function alone(devices: readonly ModbusDevice[]): KindProblem[] {
  if (devices.length < 2) return [];
  return devices
    .filter(({ address }) => address.unit === anyUnit)
    .map(({ id }) => ({
      device: id,
      key: "unit",
      what: {
        zh: `地址 ${anyUnit} 谁都应答，这条线上却有 ${devices.length} 台`,
        en: `any device answers to unit ${anyUnit}, and this line has ${devices.length}`,
      },
      fix: {
        zh: "给它改成自己的地址，或让它单独一条线",
        en: "give it a unit of its own, or a line of its own",
      },
    }));
}

/** Ports that are numbered in the order in which they were found. */
function unstable(link: RtuLink): KindProblem[] {
  if (!("device" in link) || !/^\/dev\/tty(USB|ACM)\d+$/.test(link.device)) return [];
  return [
    {
      key: "device",
      severity: "warning",
      what: {
        zh: `${link.device} 重启或重插后可能变成另一条线`,
        en: `${link.device} may be another adapter after a restart`,
      },
      fix: {
        zh: "用 ls -l /dev/serial/by-id /dev/serial/by-path 查到的固定名字",
        en: "write its lasting name, as ls -l /dev/serial/by-id /dev/serial/by-path shows it",
      },
    },
  ];
}

function unitsTwice(devices: readonly ModbusDevice[], lines: readonly string[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address: { unit } }, index): KindProblem[] => {
    const name = `${unit} ${lines[index]}`;
    const first = owners.get(name);
    if (first === undefined) {
      owners.set(name, id);
      return [];
    }
    return [
      {
        device: id,
        key: "unit",
        what: {
          zh: `同一条线上的地址 ${unit} 已经给了 ${first}`,
          en: `unit ${unit} on this line already belongs to ${first}`,
        },
        fix: {
          zh: "给其中一台改地址：一台一个，设备上也要改",
          en: "give one of them another unit, in the device as well",
        },
      },
    ];
  });
}

/** A number that nobody can look at would protect from nothing. */
function unseenSerials(devices: readonly ModbusDevice[]): KindProblem[] {
  return devices
    .filter(({ expect }) => expect !== undefined)
    .map(({ id }) => ({
      device: id,
      key: "expect",
      what: {
        zh: "要核对序列号，但 Modbus 设备的序列号本版本读不到",
        en: "a serial number is expected, but this version cannot read those of Modbus devices",
      },
      fix: {
        zh: "删掉 expect；序列号可以记在 serial",
        en: "remove expect; the number can be noted as serial",
      },
    }));
}

/** Points that are longer than what the device gives in one answer; once per profile. */
function tooLong(devices: readonly ModbusDevice[]): KindProblem[] {
  const seen = new Set<unknown>();
  return devices.flatMap(({ id, profile, points }): KindProblem[] => {
    if (seen.has(profile)) return [];
    seen.add(profile);
    return points.flatMap((point) => {
      const place = placeOf(point.source, profile);
      const { fc, count } = place;
      const most = mostOf(fc, profile);
      if (count <= most) return [];
      const inOne = place.type in registersOf ? place.type : `${place.type} (${count})`;
      return [
        {
          device: id,
          what: {
            zh: `测点 ${point.id}（${inOne}）比型号的 maxRegisters: ${most} 长，读不了`,
            en: `the point ${point.id}, a ${inOne}, is longer than the profile's maxRegisters: ${most}`,
          },
          fix: {
            zh: `把型号的 maxRegisters 改为 ${count} 或以上，或缩短这个测点`,
            en: `give the profile a maxRegisters of ${count} or more, or shorten the point`,
          },
        },
      ];
    });
  });
}
