/**
 * Cross-checks of the devices of one link that a schema cannot see. Pure; tells every problem, not the first.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import { registersOf } from "../codec/registers.ts";
import { unstable } from "../line/check.ts";
import { overBudget } from "./budget.ts";
import type { ModbusDevice, RtuAddress, RtuLink } from "./fields.ts";
import { type ModbusJob, mostOf } from "./plan.ts";
import { placeOf } from "./point-fields.ts";
import { anyUnit } from "./scalars.ts";

/**
 * @param lines the line of each device, in their order
 * @param polled those of them that are not off
 * @param jobs of the polled ones
 */
export function checkRtu(
  link: RtuLink,
  devices: readonly ModbusDevice<RtuAddress>[],
  lines: readonly string[],
  polled: readonly ModbusDevice<RtuAddress>[],
  jobs: readonly ModbusJob[],
): KindProblem[] {
  const budget = overBudget(jobs, link);
  return [
    ...unstable(link),
    ...alone(devices),
    ...checkDevices(devices, lines),
    ...asDelivered(link, polled),
    ...(budget === null ? [] : [budget]),
  ];
}

export function checkDevices(devices: readonly ModbusDevice[], lines: readonly string[]): KindProblem[] {
  return [
    ...unitsTwice(devices, lines),
    ...unseenSerials(devices),
    ...tooLong(devices),
    ...countedFromOne(devices),
  ];
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

function unitsTwice(devices: readonly ModbusDevice[], lines: readonly string[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address }, index): KindProblem[] => {
    const { unit } = address;
    const name = `${unit} ${lines[index]}`;
    const first = owners.get(name);
    if (first === undefined) {
      owners.set(name, id);
      return [];
    }
    const at = "host" in address ? `${lines[index]?.replace(/^tcp:/, "")} ` : "";
    return [
      {
        device: id,
        key: "unit",
        what:
          at === ""
            ? {
                zh: `${first} 和 ${id} 在同一条线上都是地址 ${unit}`,
                en: `${first} and ${id} are both unit ${unit} on one line`,
              }
            : {
                zh: `${first} 和 ${id} 都是 ${at}的 unit ${unit}`,
                en: `${first} and ${id} are both unit ${unit} at ${at.trim()}`,
              },
        fix:
          at === ""
            ? {
                zh: "给其中一台改地址：一台一个，设备上也要改",
                en: "give one of them another unit, in the device as well",
              }
            : {
                zh: "各有各的网口就改 host；在同一个网关后面就各写各的 unit",
                en: "change the host if each has its own; behind one gateway each has its own unit",
              },
      },
    ];
  });
}

/** Most devices that a message names. */
const maxNamed = 8;

/** Devices that speak otherwise than their line until somebody sets them; once for each way in which they do. */
function asDelivered(link: RtuLink, devices: readonly ModbusDevice<RtuAddress>[]): KindProblem[] {
  const groups = new Map<string, string[]>();
  for (const { id, address, profile } of devices) {
    const { factory } = profile;
    if (factory === undefined || address.assigned === true) continue;
    if (factory.baud === link.baud && factory.format === link.format) continue;
    const own = `${factory.baud} ${factory.format}`;
    groups.set(own, [...(groups.get(own) ?? []), id]);
  }
  const line = `${link.baud} ${link.format}`;
  return [...groups].map(([own, ids]): KindProblem => {
    const more = ids.length > maxNamed ? ids.length - maxNamed : 0;
    const named = ids.slice(0, maxNamed);
    return {
      ...(ids.length === 1 && ids[0] !== undefined ? { device: ids[0] } : {}),
      severity: "warning",
      what: {
        zh: `${named.join("、")}${more > 0 ? ` 等 ${ids.length} 台` : ""} 出厂是 ${own}，线路是 ${line}：没有改过就不会应答`,
        en: `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}: delivered with ${own}, and the line is ${line}: no answer comes until that is set`,
      },
      fix: {
        zh: `用 campus-edge assign（型号支持时）或厂家的工具逐台改成 ${line}，再在设备里写 assigned: true；或整条线路都用 ${own}`,
        en: `set each to ${line} with campus-edge assign, where its profile allows, or its maker's tool, and write assigned: true at the device; or let the whole line be ${own}`,
      },
    };
  });
}

/**
 * Single bits by numbers that manuals count from 1: 10001 is the first discrete input. It may be one all the same, so
 * it is only asked; once per profile.
 */
function countedFromOne(devices: readonly ModbusDevice[]): KindProblem[] {
  return oncePerProfile(devices).flatMap(({ id, profile, points }) =>
    points.flatMap(({ id: point, source }): KindProblem[] => {
      const { type, address } = placeOf(source, profile);
      if (type !== "bool" || address <= 10_000 || address >= 20_000) return [];
      const meant = `address: ${address - 10_001}, fc: 2`;
      return [
        {
          device: id,
          severity: "warning",
          what: {
            zh: `型号的测点 ${point} 写了 address: ${address}；手册里的 ${address} 常从 1 数起`,
            en: `its profile has ${point} at address ${address}; in manuals such a number counts from 1`,
          },
          fix: {
            zh: `那样就写 ${meant}；报文里真是 ${address} 就不用改`,
            en: `then write ${meant}; if the frame truly has ${address}, leave it`,
          },
        },
      ];
    }),
  );
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

/** The first device of each. */
function oncePerProfile(devices: readonly ModbusDevice[]): ModbusDevice[] {
  const seen = new Set<unknown>();
  return devices.filter(({ profile }) => !seen.has(profile) && seen.add(profile));
}

/** Points that are longer than what the device gives in one answer. */
function tooLong(devices: readonly ModbusDevice[]): KindProblem[] {
  return oncePerProfile(devices).flatMap(({ id, profile, points }): KindProblem[] =>
    points.flatMap((point) => {
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
    }),
  );
}
