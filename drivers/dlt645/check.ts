/**
 * Cross-checks of the meters of one link that a schema cannot see. Pure; tells every problem, not the first.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import { unstable } from "../line/check.ts";
import { overBudget } from "./budget.ts";
import type { DltDevice, DltLink } from "./fields.ts";
import { type DltJob, plainSerial } from "./plan.ts";
import { isMeterNumber, sizeOf } from "./scalars.ts";

/** @param jobs of the meters that are polled */
export function checkMeters(
  link: DltLink,
  devices: readonly DltDevice[],
  jobs: readonly DltJob[],
): KindProblem[] {
  const budget = overBudget(jobs, link);
  return [
    ...unstable(link),
    ...metersTwice(devices),
    ...padded(devices),
    ...unseenSerials(devices),
    ...unlike(devices),
    ...(budget === null ? [] : [budget]),
  ];
}

function metersTwice(devices: readonly DltDevice[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address: { meter } }): KindProblem[] => {
    const first = owners.get(meter);
    if (first === undefined) {
      owners.set(meter, id);
      return [];
    }
    return [
      {
        device: id,
        key: "meter",
        what: {
          zh: `${first} 和 ${id} 写了同一个表号 ${meter}`,
          en: `${first} and ${id} both have the number ${meter}`,
        },
        fix: {
          zh: "照各自的铭牌改：一块表一个表号",
          en: "write what is on the nameplate of each: no two meters share a number",
        },
      },
    ];
  });
}

function padded(devices: readonly DltDevice[]): KindProblem[] {
  return devices
    .filter(({ address }) => address.padded)
    .map(({ id, address: { meter } }) => ({
      device: id,
      key: "meter",
      severity: "warning",
      what: {
        zh: `表号不足 12 位，按 ${meter} 去问（前面补 0）`,
        en: `the number has fewer than 12 digits and is taken as ${meter}, with zeros in front`,
      },
      fix: { zh: `没错就写全：meter: ${meter}`, en: `if that is right, write meter: ${meter}` },
    }));
}

/** A number that nobody can look at would protect from nothing, and one that no meter can show would stop it. */
function unseenSerials(devices: readonly DltDevice[]): KindProblem[] {
  return devices.flatMap(({ id, expect, profile }): KindProblem[] => {
    if (expect === undefined) return [];
    if (profile.serial === undefined)
      return [
        {
          device: id,
          key: "expect",
          what: {
            zh: "要核对编号，但型号没有写表里的编号在哪里",
            en: "a number is expected, but its profile does not say where the meter shows one",
          },
          fix: {
            zh: "在型号里加上 serial: 04000401；不核对就删掉 expect",
            en: "add serial: 04000401 to the profile, or remove expect",
          },
        },
      ];
    if (isMeterNumber(plainSerial(expect))) return [];
    return [
      {
        device: id,
        key: "expect",
        what: {
          zh: `表里的编号是 12 位数字，不会是 “${expect}”`,
          en: `a meter shows 12 digits, and never "${expect}"`,
        },
        fix: {
          zh: "写铭牌上的 12 位表号；出厂编号可以记在 serial",
          en: "write the 12 digits on its nameplate; another number can be noted as serial",
        },
      },
    ];
  });
}

/** Points of one identifier whose values have not the same length: one of them is wrong. Once for each profile. */
function unlike(devices: readonly DltDevice[]): KindProblem[] {
  const seen = new Set<unknown>();
  return devices.flatMap(({ id, profile, points }): KindProblem[] => {
    if (seen.has(profile)) return [];
    seen.add(profile);
    const first = new Map<string, DltDevice["points"][number]>();
    return points.flatMap((point): KindProblem[] => {
      const { di, format } = point.source;
      const other = first.get(di);
      if (other === undefined) {
        first.set(di, point);
        return [];
      }
      if (sizeOf(other.source.format) === sizeOf(format)) return [];
      return [
        {
          device: id,
          what: {
            zh: `型号的测点 ${other.id} 和 ${point.id} 在同一个标识 ${di} 里，格式的位数却不同`,
            en: `its profile has ${other.id} and ${point.id} in ${di} with formats of different lengths`,
          },
          fix: {
            zh: "一个数据块里各项一样长：照标准核对 format",
            en: "all items of a block are of one length: compare format with the standard",
          },
        },
      ];
    });
  });
}
