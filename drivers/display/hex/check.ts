/** Cross-checks of the panels of one link that a schema cannot see. Pure; tells every problem, not the first. */
import type { KindProblem } from "../../../config/schema/kind.ts";
import { alike } from "./codec.ts";
import type { HexDevice, HexSource } from "./fields.ts";

/**
 * @param lines the line of each device, in their order
 * @param mayEcho such a line may give back what is sent
 */
export function checkHex(
  devices: readonly HexDevice[],
  lines: readonly string[],
  mayEcho: boolean,
): KindProblem[] {
  return [
    ...confused(devices, lines),
    ...devices.flatMap(unseenSerial),
    ...(mayEcho ? devices.flatMap(echoed) : []),
  ];
}

const bytesIn = (ask: HexSource["ask"]) => ask.map((byte) => byte?.toString(16)).join(" ");

/**
 * Two questions on one line whose answers nobody could tell apart: what comes too late for one would be taken for the
 * other. Once for each pair of devices.
 */
function confused(devices: readonly HexDevice[], lines: readonly string[]): KindProblem[] {
  const asked = new Map<string, { device: string; profile: unknown; point: string; source: HexSource }[]>();
  const told = new Set<string>();
  return devices.flatMap(({ id, profile, points }, index): KindProblem[] => {
    const line = lines[index] ?? "";
    const before = asked.get(line) ?? [];
    asked.set(line, before);
    return points.flatMap(({ id: point, source }): KindProblem[] => {
      const same = before.find((other) => {
        const isSameRow = bytesIn(other.source.ask) === bytesIn(source.ask) && other.device === id;
        return !isSameRow && alike(other.source, source);
      });
      before.push({ device: id, profile, point, source });
      if (same === undefined) return [];
      const isOne = same.device === id;
      const name = isOne ? JSON.stringify(["profile", told.size]) : `${same.device} ${id}`;
      if (told.has(name)) return [];
      told.add(name);
      return [
        {
          device: id,
          what: isOne
            ? {
                zh: `测点 ${same.point} 和 ${point} 的回码分不清：晚到的一个会被当成另一个`,
                en: `the answers for ${same.point} and ${point} look alike: one that is late would be taken for the other`,
              }
            : {
                zh: `${same.device} 和 ${id} 在同一条线上，回码分不清`,
                en: `${same.device} and ${id} share a line, and their answers look alike`,
              },
          fix: isOne
            ? {
                zh: "在 reply 里写出能分清的字节（命令字），少写 ..",
                en: "write the bytes of reply that tell them apart, with fewer ..",
              }
            : { zh: "各接一条线", en: "give each a line of its own" },
        },
      ];
    });
  });
}

/** A number that nobody can look at would protect from nothing. */
function unseenSerial({ id, expect }: HexDevice): KindProblem[] {
  if (expect === undefined) return [];
  return [
    {
      device: id,
      key: "expect",
      what: {
        zh: "要核对序列号，但码表设备的序列号读不到",
        en: "a serial number is expected, and a table of bytes reads none",
      },
      fix: {
        zh: "删掉 expect；序列号可以记在 serial",
        en: "remove expect; the number can be noted as serial",
      },
    },
  ];
}

/** A question that its own answer's pattern takes: given back by an adapter, it would be a value. */
function echoed({ id, points }: HexDevice): KindProblem[] {
  const names = points
    .filter(({ source: { ask, reply, checksum } }) => alike({ reply: ask, checksum }, { reply, checksum }))
    .map((point) => point.id);
  if (names.length === 0) return [];
  return [
    {
      device: id,
      severity: "warning",
      what: {
        zh: `${names.join("、")} 的回码可能就是问码本身：有回显的转换器会被当成读数`,
        en: `the answer for ${names.join(", ")} could be the question itself, given back: an adapter that does so would be taken for the panel`,
      },
      fix: {
        zh: "在 reply 里写出和 ask 不同的字节；没有就关掉转换器的回显",
        en: "write bytes in reply that differ from ask; where there are none, turn off the adapter's echo",
      },
    },
  ];
}
