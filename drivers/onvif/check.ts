/** What a schema cannot see of the cameras of one link. Pure. */
import type { KindProblem } from "../../config/schema/kind.ts";
import { tcpLineName } from "../line/fields.ts";
import { type OnvifDevice, type OnvifLink, placeOf } from "./fields.ts";

export function checkOnvif(link: OnvifLink, devices: readonly OnvifDevice[]): KindProblem[] {
  const owners = new Map<string, string>();
  return devices.flatMap(({ id, address }): KindProblem[] => {
    const { host, port } = placeOf(link, address);
    const line = tcpLineName(host, port);
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
        fix: { zh: "一台摄像机一个地址：改 host", en: "each camera has its own address: mend the host" },
      },
    ];
  });
}
