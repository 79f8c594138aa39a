/** The hardware of a scene that is told what to do: displays, projectors, air conditioners, relays. */
import { type ControlWay, controlWays, type SceneModel } from "./scene-model.ts";

export const controlModels = {
  "pjlink-projector": {
    way: "pjlink",
    profile: "pjlink-projector",
    of: "room",
    text: { zh: "投影机，PJLink 一类，有密码", en: "Projector, PJLink class 1 with a password" },
  },
  "pjlink-laser": {
    way: "pjlink",
    profile: "pjlink-projector",
    with: { variant: "class-2" },
    of: "room",
    text: { zh: "激光投影机，PJLink 二类", en: "Laser projector, PJLink class 2" },
  },
  "samsung-mdc": {
    way: "display-serial",
    profile: "samsung-mdc",
    of: "room",
    text: { zh: "三星屏，一层一根串口线", en: "Samsung display, one serial line a floor" },
  },
  "samsung-mdc-tcp": {
    way: "display-tcp",
    profile: "samsung-mdc",
    of: "room",
    text: { zh: "三星屏，网口", en: "Samsung display in the network" },
  },
  "lg-rs232": {
    way: "display-serial",
    profile: "lg-rs232",
    of: "room",
    text: { zh: "LG 屏，一层一根串口线", en: "LG display, one serial line a floor" },
  },
  "nec-display": {
    way: "display-serial",
    profile: "nec-display",
    of: "room",
    text: { zh: "NEC 屏，一层一根串口线", en: "NEC display, one serial line a floor" },
  },
  "nec-display-tcp": {
    way: "display-tcp",
    profile: "nec-display",
    of: "room",
    text: { zh: "NEC 屏，网口", en: "NEC display in the network" },
  },
  "epson-escvp21": {
    way: "display-serial",
    profile: "epson-escvp21",
    of: "room",
    text: { zh: "爱普生投影机，串口", en: "Epson projector, serial" },
  },
  "epson-escvp21-tcp": {
    way: "display-tcp",
    profile: "epson-escvp21",
    of: "room",
    text: { zh: "爱普生投影机，网口", en: "Epson projector in the network" },
  },
  "hisense-bm": {
    way: "display-serial",
    profile: "hisense-dm",
    with: { variant: "serial" },
    of: "room",
    text: { zh: "海信 BM 屏，串口", en: "Hisense BM display, serial" },
  },
  "hisense-dm-tcp": {
    way: "display-tcp",
    profile: "hisense-dm",
    with: { variant: "dm-tcp" },
    of: "room",
    text: { zh: "海信 DM 屏，网口", en: "Hisense DM display in the network" },
  },
  "benq-display": {
    way: "display-serial",
    profile: "benq-display",
    of: "room",
    text: { zh: "明基屏，一层一根串口线", en: "BenQ display, one serial line a floor" },
  },
  "hex-panel": {
    way: "hex-serial",
    profile: "hex-panel",
    of: "room",
    text: { zh: "一体机，十六进制表，串口", en: "Panel with a hex table, serial" },
  },
  "hex-panel-tcp": {
    way: "hex-tcp",
    profile: "hex-panel",
    of: "room",
    text: { zh: "一体机，十六进制表，网口", en: "Panel with a hex table in the network" },
  },
  "zhonghong-ac": {
    way: "zhonghong",
    profile: "zhonghong-ac",
    of: "room",
    text: { zh: "中弘网关后的空调，网口", en: "Air conditioner behind a ZhongHong gateway in the network" },
  },
  "zhonghong-ac-serial": {
    way: "zhonghong-serial",
    profile: "zhonghong-ac",
    of: "room",
    text: { zh: "中弘网关后的空调，串口", en: "Air conditioner behind a ZhongHong gateway, serial" },
  },
  "onokom-air-ac": {
    way: "rs485",
    profile: "onokom-air-ac",
    of: "room",
    text: { zh: "空调转接器，RS-485", en: "Adapter of an air conditioner, RS-485" },
  },
  "ir-ac-modbus": {
    way: "rs485",
    profile: "ir-ac-modbus",
    with: {
      variant: "tuya-block",
      power_at: "0",
      mode_at: "1",
      setpoint_at: "2",
      fan_at: "3",
      setpoint_scale: "1",
    },
    of: "room",
    text: { zh: "空调红外遥控器，RS-485", en: "Infrared remote of an air conditioner, RS-485" },
  },
  "waveshare-relay-8": {
    way: "rs485",
    profile: "waveshare-relay-8",
    of: "room",
    text: { zh: "八路继电器，RS-485，前两路是灯", en: "Eight relays, RS-485, the first two for lamps" },
  },
} as const satisfies Record<string, SceneModel>;

export type ControlModel = keyof typeof controlModels;

/** Sets that are told apart by a number: those of a floor hang on one line. */
export const chained: ReadonlySet<string> = new Set([
  "samsung-mdc",
  "lg-rs232",
  "nec-display",
  "benq-display",
]);
/** Protocols that have such a number, whether or not it is needed. */
const withNumber: ReadonlySet<string> = new Set([
  ...chained,
  "samsung-mdc-tcp",
  "nec-display-tcp",
  "hisense-bm",
  "hisense-dm-tcp",
]);

const isControlWay = (way: string): way is ControlWay => (controlWays as readonly string[]).includes(way);

/** What stands at a device's place, for whoever builds it and whoever writes it down. */
export interface ControlPlace {
  /** Link of the configuration. */
  link: string;
  /** What listens at one port: of one device, or of all on a line or behind a gateway. */
  port: string;
  /** Of the set, as in its menu. */
  number?: number;
  outdoor?: number;
  indoor?: number;
  password?: string;
}

/** @returns null for what is no device of these ways. @param position of its room in its floor, from 1 */
export function controlPlace(
  model: string,
  way: string,
  at: { id: string; name: string; floor: number; position: number; password: string },
): ControlPlace | null {
  if (!isControlWay(way)) return null;
  const { id, name, floor, position, password } = at;
  const ofFloor = `${name}-f${floor}`;
  const shared = chained.has(model);
  switch (way) {
    case "pjlink":
      return { link: `pj-${id}`, port: id, ...(model === "pjlink-projector" ? { password } : {}) };
    case "display-tcp":
      return { link: "screens", port: id, ...(withNumber.has(model) ? { number: 1 } : {}) };
    case "display-serial":
      return {
        link: shared ? ofFloor : `ds-${id}`,
        port: shared ? ofFloor : id,
        ...(withNumber.has(model) ? { number: shared ? position : 1 } : {}),
      };
    case "hex-tcp":
    case "hex-serial":
      return { link: `hex-${id}`, port: id };
    default:
      return { link: ofFloor, port: ofFloor, outdoor: 1, indoor: position };
  }
}
