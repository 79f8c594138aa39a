/** What a person is told of a fault: what happens, in both languages. */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { SchoolFault } from "./fault-schema.ts";
import { misbehaviour } from "./misbehaviour.ts";

export function faultText(fault: SchoolFault): Text {
  switch (fault.what) {
    case "power-out":
      return { zh: `${fault.floor} 楼停电`, en: `power is out on floor ${fault.floor}` };
    case "cable-cut":
      return { zh: `485 线在 ${fault.room} 前断开`, en: `the RS-485 cable is cut in front of ${fault.room}` };
    case "converter-off":
      return { zh: "串口服务器断电", en: "the serial server has no power" };
    case "converter-mode":
      return {
        zh: `串口服务器 ${fault.floor} 楼那一口被改成 Modbus 网关`,
        en: `the serial server's port of floor ${fault.floor} was set to Modbus gateway`,
      };
    case "device-off":
      return { zh: `${fault.device} 断电`, en: `${fault.device} has no power` };
    case "device-reboots":
      return { zh: `${fault.device} 重启`, en: `${fault.device} starts anew` };
    case "sensor-stuck":
      return { zh: `${fault.device} 的读数卡住不动`, en: `${fault.device} is stuck at one value` };
    case "same-address":
      return {
        zh: `有人装了一台与 ${fault.device} 地址相同的探头`,
        en: `somebody installed a sensor with the address of ${fault.device}`,
      };
    case "misbehaves": {
      const { zh, en } = misbehaviour(fault.how).text;
      return { zh: `${fault.device} ${zh}`, en: `${fault.device} ${en}` };
    }
    case "broker-flood":
      return {
        zh: `${fault.device} 失控，不停地发消息`,
        en: `${fault.device} has gone wild and floods the broker`,
      };
    case "strangers":
      return { zh: "陌生设备在敲门", en: "devices that nobody knows are knocking" };
    case "clock-jump": {
      const hours = Math.abs(fault.by) / 3_600_000;
      const [zh, en] = fault.by < 0 ? ["往回", "back"] : ["往前", "forward"];
      return {
        zh: `网关的时钟${zh}跳了 ${hours.toFixed(1)} 小时`,
        en: `the gateway's clock jumps ${en} by ${hours.toFixed(1)} h`,
      };
    }
    case "platform-down":
      return { zh: "平台停机", en: "the platform is down" };
  }
}
