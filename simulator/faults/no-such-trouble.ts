/** Why something cannot go wrong in a school, for whoever wanted it to. */
import type { Text } from "../../config/schema/vocabulary.ts";

/** It cannot happen here. */
export class NoSuchTrouble extends Error {
  readonly text: Text;
  constructor(text: Text) {
    super(text.en);
    this.text = text;
  }
}

export const noFloor = (floor: number, floors: readonly { floor: number }[]) => {
  const known = floors.map((each) => each.floor).join(", ");
  return new NoSuchTrouble({
    zh: `这所学校没有 ${floor} 层；有 ${known}`,
    en: `this school has no floor ${floor}; it has ${known}`,
  });
};
export const noConverter = new NoSuchTrouble({
  zh: "这所学校没有这样的串口服务器",
  en: "this school has no such serial server",
});
export const notHere = new NoSuchTrouble({
  zh: "网关不在这个程序里：时钟和平台的故障只有演示里有",
  en: "the gateway is not in this program: faults of clock and platform are the demo's",
});

/** @param could devices that it could happen to */
export function noDevice(id: string, could: readonly { id: string }[]): NoSuchTrouble {
  const near = could.slice(0, 3).map((device) => device.id);
  if (near.length === 0)
    return new NoSuchTrouble({
      zh: "这所学校里没有会出这种故障的设备",
      en: "there is no device here that this could happen to",
    });
  return new NoSuchTrouble({
    zh: `${id} 上不会出这种故障；设备例如 ${near.join(", ")}`,
    en: `this cannot happen to ${id}; devices are for example ${near.join(", ")}`,
  });
}
