/** How a device goes wrong that is told what to do: in words of a scene, as faults of what speaks. Pure. */

import type { Text } from "../../config/schema/vocabulary.ts";
import type { CameraFault } from "../cameras/camera-faults.ts";
import type { SlaveFault } from "../modbus/faults.ts";
import type { TalkFault } from "../talk/faults.ts";

/** How late an answer is, ms; where one is cut, bytes; what another set is called; what a password is changed to. */
const lateMs = 5000;
const cutBytes = 3;
const strangerId = 9;
export const newPassword = "changed";
/** The exception of a device that cannot: server device failure (V1.1b3, 7). */
const deviceFailure = 4;

interface How {
  text: Text;
  talk: TalkFault;
  /** Of a Modbus slave; absent: it cannot go wrong so. */
  slave?: SlaveFault;
  /** Of a camera, the same; its password is no fault of its answers. */
  camera?: CameraFault | "password";
}

const hows = {
  silent: {
    text: { zh: "没有反应", en: "does not react" },
    talk: { kind: "silent" },
    slave: { kind: "silent" },
    camera: { kind: "silent" },
  },
  "no-answer": {
    text: { zh: "照做但不回答", en: "obeys and does not answer" },
    talk: { kind: "mute" },
    slave: { kind: "mute" },
  },
  disobeys: {
    text: { zh: "回答但不照做", en: "answers and does not obey" },
    talk: { kind: "disobedient" },
  },
  refuses: {
    text: { zh: "拒绝", en: "refuses" },
    talk: { kind: "nak" },
    slave: { kind: "lying", code: deviceFailure },
    camera: { kind: "soap-fault", version: "1.2" },
  },
  late: {
    text: { zh: "回答太晚", en: "answers late" },
    talk: { kind: "late", byMs: lateMs },
    slave: { kind: "late", byMs: lateMs },
    camera: { kind: "late", byMs: lateMs },
  },
  cut: {
    text: { zh: "回答断在半路", en: "cuts its answers off" },
    talk: { kind: "short", bytes: cutBytes },
    slave: { kind: "short", bytes: cutBytes },
    camera: { kind: "cut", at: cutBytes },
  },
  "bad-checksum": {
    text: { zh: "校验和不对", en: "has wrong checksums" },
    talk: { kind: "bad-checksum" },
    slave: { kind: "corrupt", flips: 1 },
  },
  "wrong-id": {
    text: { zh: "用别的编号回答", en: "answers as another one" },
    talk: { kind: "wrong-id", id: strangerId },
    slave: { kind: "wrong-unit", unit: strangerId },
    camera: { kind: "wrong-serial", serial: `SIM-${strangerId}` },
  },
  noise: {
    text: { zh: "回答前后有杂音", en: "has noise around its answers" },
    talk: { kind: "noise", before: 5, after: 3 },
    slave: { kind: "noise", before: 5, after: 3 },
  },
  password: {
    text: { zh: "密码被人改了", en: "has another password" },
    talk: { kind: "password", now: newPassword },
    camera: "password",
  },
} as const satisfies Record<string, How>;

export type Misbehaviour = keyof typeof hows;
export const misbehaviours = Object.keys(hows) as [Misbehaviour, ...Misbehaviour[]];

export const misbehaviour = (how: Misbehaviour): How => hows[how];
