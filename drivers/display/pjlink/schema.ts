/** What PJLink adds to the configuration files. Pure. */
import type { Kind, KindProblem } from "../../../config/schema/kind.ts";
import { tcpLineName } from "../../line/fields.ts";
import { pjlinkAsks } from "./codec.ts";
import {
  type PjlinkAction,
  type PjlinkAddress,
  type PjlinkDevice,
  type PjlinkLink,
  type PjlinkProfile,
  type PjlinkSource,
  pjlinkActionSchema,
  pjlinkAddressSchema,
  pjlinkLinkSchema,
  pjlinkProfileSchema,
  pjlinkSourceSchema,
} from "./fields.ts";
import { planPjlink } from "./plan.ts";
import { pjlinkVector } from "./vector.ts";

export * from "./fields.ts";

export const pjlinkLine = (link: PjlinkLink, { host, port }: PjlinkAddress): string =>
  tcpLineName(host, port ?? link.port);

export const pjlinkKind: Kind<PjlinkLink, PjlinkAddress, PjlinkProfile, PjlinkSource, PjlinkAction> = {
  driver: "pjlink",
  kind: "pjlink",
  link: pjlinkLinkSchema,
  address: pjlinkAddressSchema,
  profile: pjlinkProfileSchema,
  source: pjlinkSourceSchema,
  action: pjlinkActionSchema,
  line: pjlinkLine,
  plan: (link, devices) => devices.flatMap((device) => planPjlink(device, pjlinkLine(link, device.address))),
  check: (link, devices) => [...twice(link, devices), ...devices.flatMap(unseenSerial)],
  placeOf: ({ ask, lamp }) => ({
    ask: pjlinkAsks[ask]?.command ?? ask,
    ...(lamp === undefined ? {} : { lamp: String(lamp) }),
  }),
  rawOf: ({ ask }) => pjlinkAsks[ask]?.raw,
  argumentsOf: ({ arg }) => (arg === undefined ? [] : [arg]),
  readVector: pjlinkVector,
};

function twice(link: PjlinkLink, devices: readonly PjlinkDevice[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address }): KindProblem[] => {
    const line = pjlinkLine(link, address);
    const first = owners.get(line);
    if (first === undefined) {
      owners.set(line, id);
      return [];
    }
    const at = line.replace(/^tcp:/, "");
    return [
      {
        device: id,
        key: "host",
        what: { zh: `${first} 和 ${id} 都在 ${at}`, en: `${first} and ${id} are both at ${at}` },
        fix: { zh: "一台投影机一个地址：改 host", en: "each projector has its own address: mend the host" },
      },
    ];
  });
}

/** A number that nobody compares would protect from nothing. */
function unseenSerial({ id, expect }: PjlinkDevice): KindProblem[] {
  if (expect === undefined) return [];
  return [
    {
      device: id,
      key: "expect",
      what: {
        zh: "要核对序列号，但本版本不核对投影机的序列号",
        en: "a serial number is expected, and this version compares none of projectors",
      },
      fix: {
        zh: "删掉 expect；序列号可以记在 serial",
        en: "remove expect; the number can be noted as serial",
      },
    },
  ];
}
