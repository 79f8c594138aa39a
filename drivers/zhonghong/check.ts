/**
 * What a schema cannot see of the units of one gateway, and of an action as a whole. Pure.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import type { ZhonghongAction, ZhonghongDevice } from "./fields.ts";

export function check(devices: readonly ZhonghongDevice[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address: { outdoor, indoor }, expect }): KindProblem[] => {
    const unit = `${outdoor}-${indoor}`;
    const first = owners.get(unit);
    if (first === undefined) owners.set(unit, id);
    const twice: KindProblem[] =
      first === undefined
        ? []
        : [
            {
              device: id,
              key: "indoor",
              what: {
                zh: `${first} 和 ${id} 都是外机 ${outdoor} 的内机 ${indoor}`,
                en: `${first} and ${id} are both indoor unit ${indoor} of outdoor unit ${outdoor}`,
              },
              fix: {
                zh: "照网关里的列表改其中一台",
                en: "change one of them to what the gateway's list says",
              },
            },
          ];
    const unseen: KindProblem[] =
      expect === undefined
        ? []
        : [
            {
              device: id,
              key: "expect",
              what: { zh: "网关不报内机的序列号", en: "a gateway tells no serial numbers of its units" },
              fix: {
                zh: "删掉 expect；序列号可以记在 serial",
                en: "remove expect; it can be noted as serial",
              },
            },
          ];
    return [...twice, ...unseen];
  });
}

export function checkAction(
  action: ZhonghongAction,
  _profile: unknown,
  args: readonly string[],
): Omit<KindProblem, "device" | "severity">[] {
  const used = "arg" in action ? [action.arg] : [];
  return [
    ...used
      .filter((name) => !args.includes(name))
      .map((name) => ({
        key: "arg",
        what: { zh: `这个动作没有参数 “${name}”`, en: `this action has no argument "${name}"` },
        fix: { zh: `在 args 里加上 ${name}`, en: `add ${name} to args` },
      })),
    ...args
      .filter((name) => !used.includes(name))
      .map((name) => ({
        key: "args",
        what: { zh: `参数 ${name} 没有用到`, en: `the argument ${name} is not used` },
        fix: { zh: `写 arg: ${name}，或删掉它`, en: `write arg: ${name}, or remove it` },
      })),
  ];
}
