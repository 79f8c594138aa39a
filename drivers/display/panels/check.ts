/** Cross-checks of the displays of one link that a schema cannot see. Pure; tells every problem, not the first. */
import type { KindProblem } from "../../../config/schema/kind.ts";
import { protocolOf } from "../protocols/index.ts";
import { type DisplayDevice, numberOf } from "./fields.ts";

/** @param lines the line of each device, in their order */
export function checkDisplays(devices: readonly DisplayDevice[], lines: readonly string[]): KindProblem[] {
  return [
    ...devices.flatMap(numbers),
    ...twice(devices, lines),
    ...mixed(devices, lines),
    ...oncePerProfile(devices).flatMap(strangeWords),
    ...devices.flatMap(unseenSerial),
  ];
}

/** A device whose port nobody knows. */
export function withoutPort({ id, profile }: DisplayDevice): KindProblem {
  return {
    device: id,
    key: "host",
    what: {
      zh: `${profile.protocol} 没有统一的 TCP 端口，没有写是哪个`,
      en: `displays of ${profile.protocol} have no common TCP port, and it is not said`,
    },
    fix: { zh: "加上 port: 端口号（看机器的网络菜单或手册）", en: "add port: as its manual or menu has it" },
  };
}

function numbers({ id: device, address, profile }: DisplayDevice): KindProblem[] {
  const { ids } = protocolOf(profile.protocol);
  if (ids === null) {
    if (address.number === undefined) return [];
    return [
      {
        device,
        key: "number",
        what: {
          zh: `${profile.protocol} 的机器没有编号`,
          en: `devices of ${profile.protocol} have no number`,
        },
        fix: { zh: "删掉 number", en: "remove number" },
      },
    ];
  }
  const id = numberOf(address);
  if (id >= ids.min && id <= ids.max) return [];
  return [
    {
      device,
      key: "number",
      what: {
        zh: `${profile.protocol} 单台机器的编号是 ${ids.min} 到 ${ids.max}；${id} 是全体，或不存在`,
        en: `single sets of ${profile.protocol} have the numbers ${ids.min} to ${ids.max}; ${id} means all of them, or none`,
      },
      fix: { zh: "写机器菜单里它自己的编号", en: "write its own number, as its menu shows it" },
    },
  ];
}

function twice(devices: readonly DisplayDevice[], lines: readonly string[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address, profile }, index): KindProblem[] => {
    const isAlone = protocolOf(profile.protocol).ids === null;
    const name = `${isAlone ? "" : numberOf(address)} ${lines[index]}`;
    const first = owners.get(name);
    if (first === undefined) {
      owners.set(name, id);
      return [];
    }
    const key = "host" in address ? "host" : isAlone ? undefined : "number";
    return [
      {
        device: id,
        ...(key === undefined ? {} : { key }),
        what: isAlone
          ? {
              zh: `${first} 和 ${id} 在同一条线上，${profile.protocol} 一条线只能接一台`,
              en: `${first} and ${id} share a line, and one of ${profile.protocol} has it alone`,
            }
          : {
              zh: `${first} 和 ${id} 在同一条线上都是编号 ${numberOf(address)}`,
              en: `${first} and ${id} both have the number ${numberOf(address)} on one line`,
            },
        fix: isAlone
          ? { zh: "各接一条线", en: "give each a line of its own" }
          : {
              zh: "给其中一台改编号（机器菜单里也要改），或改 host",
              en: "give one of them another number, in its menu as well, or mend its host",
            },
      },
    ];
  });
}

function mixed(devices: readonly DisplayDevice[], lines: readonly string[]): KindProblem[] {
  const spoken = new Map<string, DisplayDevice>();
  return devices.flatMap((device, index): KindProblem[] => {
    const line = lines[index] ?? "";
    const first = spoken.get(line);
    if (first === undefined) spoken.set(line, device);
    if (first === undefined || first.profile.protocol === device.profile.protocol) return [];
    return [
      {
        device: device.id,
        what: {
          zh: `${first.id} 说 ${first.profile.protocol}，${device.id} 说 ${device.profile.protocol}，却在同一条线上`,
          en: `${first.id} speaks ${first.profile.protocol} and ${device.id} ${device.profile.protocol} on one line`,
        },
        fix: { zh: "一条线只接一种协议的机器", en: "give each protocol a line of its own" },
      },
    ];
  });
}

/** Words and values that the protocol does not have. */
function strangeWords({ id: device, profile, points, actions }: DisplayDevice): KindProblem[] {
  const { protocol: name } = profile;
  const protocol = protocolOf(name);
  const tell = (zh: string, en: string, known: string): KindProblem => ({
    device,
    what: { zh, en },
    fix: { zh: `可以写：${known}`, en: `write one of: ${known}` },
  });
  const asked = points
    .filter(({ source }) => !Object.hasOwn(protocol.asks, source.ask))
    .map(({ id, source }) =>
      tell(
        `型号的测点 ${id} 写了 ask: ${source.ask}，${name} 没有`,
        `its profile has ${id} with ask: ${source.ask}, which ${name} does not have`,
        Object.keys(protocol.asks).join(", "),
      ),
    );
  const set = Object.entries(actions).flatMap(([action, { set: word, value }]): KindProblem[] => {
    const takes = Object.hasOwn(protocol.sets, word) ? protocol.sets[word] : undefined;
    if (takes === undefined)
      return [
        tell(
          `型号的动作 ${action} 写了 set: ${word}，${name} 没有`,
          `its profile has the action ${action} with set: ${word}, which ${name} does not have`,
          Object.keys(protocol.sets).join(", "),
        ),
      ];
    const id = protocol.ids?.min ?? 1;
    const manner = { hexText: false, lax: false };
    if (value === undefined || protocol.set(word, value, id, manner) !== null) return [];
    return [
      tell(
        `型号的动作 ${action} 写了 value: ${value}，${name} 的 ${word} 没有这个值`,
        `its profile has the action ${action} with value: ${value}, which ${word} of ${name} does not take`,
        takes,
      ),
    ];
  });
  const inputs = points.map(({ source }) => source.ask);
  const both =
    inputs.includes("input") && inputs.includes("input-kb")
      ? [
          tell(
            "同一型号不能同时写 ask: input 和 ask: input-kb：两种应答分不清",
            "ask: input and ask: input-kb do not go together: their answers look alike",
            "input, input-kb",
          ),
        ]
      : [];
  return [...asked, ...set, ...both];
}

/** A number that nobody can look at would protect from nothing. */
function unseenSerial({ id, expect }: DisplayDevice): KindProblem[] {
  if (expect === undefined) return [];
  return [
    {
      device: id,
      key: "expect",
      what: {
        zh: "要核对序列号，但这类机器的序列号本版本读不到",
        en: "a serial number is expected, but this version cannot read those of such devices",
      },
      fix: {
        zh: "删掉 expect；序列号可以记在 serial",
        en: "remove expect; the number can be noted as serial",
      },
    },
  ];
}

/** The first device of each. */
function oncePerProfile(devices: readonly DisplayDevice[]): DisplayDevice[] {
  const seen = new Set<unknown>();
  return devices.filter(({ profile }) => !seen.has(profile) && seen.add(profile));
}
