/** What is known of a model of hardware before any of it is built. */

/**
 * How a device is reached: a line of its floor or a cable of its own behind the serial server, a box with an address of its
 * own, a client; and what is told what to do, over links of its own.
 */
export type Way = "rs485" | "modbus-tcp" | "mqtt" | "zigbee" | "onvif" | SerialWay | ControlWay;
/** Meters of a floor on one line; a sensor, a reader at the end of a cable. The same words name their links. */
export type SerialWay = "dlt645" | "serial" | "reader";

/** Of these, each has a link of a kind of its own. */
export const controlWays = [
  "pjlink",
  "display-tcp",
  "display-serial",
  "hex-tcp",
  "hex-serial",
  "zhonghong",
  "zhonghong-serial",
] as const;
export type ControlWay = (typeof controlWays)[number];

export interface SceneModel {
  way: Way;
  /** Model name in a gateway's configuration. */
  profile: string;
  /** Values that its installer must write down there. */
  with?: Readonly<Record<string, string>>;
  /** It says its values at a pace of its own, which its profile knows. */
  ownPace?: true;
  /** Line settings of what hangs on a serial line in its own words. */
  line?: { baud: number; format: string };
  /** What it measures belongs to a room, or to all that hangs on the board of a floor. */
  of: "room" | "floor";
  text: { zh: string; en: string };
}
