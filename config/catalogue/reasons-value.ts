/**
 * What can be wrong with a value (E2).
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";

export const valueReasons: readonly ReasonRow[] = [
  row(
    "E201",
    "point",
    "degraded",
    {
      zh: "{subject}[ 从 {from} 变为 {to} {unit}][, {since} 起]。读数不会自己变小: 多半换过表, 或被清零",
      en: "{subject}[ went from {from} to {to} {unit}][, since {since}]. A counter does not go back by itself: probably another unit, or it was reset",
    },
    {
      zh: "换过表? 核对表号, 在这台设备下写 swapped (旧表最后、新表最初的读数), 再 apply; 写好前不计用电",
      en: "Was the unit replaced? Compare its number, write swapped at this device (last reading of the old one, first of the new one) and apply; until then nobody counts with it",
    },
  ),
  row(
    "E211",
    "point",
    "degraded",
    {
      zh: "{subject} 没有新值[, {since} 起], 已超过 3 个周期",
      en: "{subject} has no fresh value[, since {since}], for more than 3 periods",
    },
    {
      zh: "同一设备别的值正常: 查这只传感器的接线; 没有装就在配置里写 off",
      en: "The rest of the device is well: check the wire of this sensor; if it is not fitted, write off",
    },
  ),
  row(
    "E212",
    "point",
    "degraded",
    {
      zh: "{subject} 的值[ {value}] 超出可能范围[ {min}–{max}][, {since} 起]。多半传感器坏或倍率写错",
      en: "{subject}[ = {value}] is outside what is possible[ ({min} to {max})][, since {since}]. Sensor broken or scale wrong",
    },
    {
      zh: "现场用手持表对一次: 手持表也这样, 就改倍率或范围; 不一样, 就换传感器",
      en: "Compare with a hand-held meter once: if it agrees, mend scale or range; if not, replace the sensor",
    },
    [],
    { zh: "手持表、同型号传感器", en: "a hand-held meter, a sensor of this model" },
  ),
  row(
    "E213",
    "point",
    "degraded",
    {
      zh: "{subject} 的传感器自己报故障[, {since} 起]",
      en: "The sensor of {subject} says it is faulty[, since {since}]",
    },
    {
      zh: "断电重启一次; 仍报则换传感器",
      en: "Switch it off and on once; if it stays, replace the sensor",
    },
    ["not-finite"],
    { zh: "同型号传感器", en: "a sensor of this model" },
  ),
  row(
    "E214",
    "point",
    "degraded",
    {
      zh: "{subject} 的值不能用[, {since} 起]。多半型号不符或固件升级过",
      en: "The value of {subject} cannot be used[, since {since}]. The profile is for another model, or the firmware changed",
    },
    {
      zh: "核对机身型号与 profile 是否一致; 一致就断电重启一次",
      en: "Compare the model on its case with its profile; if they match, switch it off and on once",
    },
  ),
  row(
    "E215",
    "point",
    "degraded",
    {
      zh: "{subject} 报来的值类型不对[, {since} 起] (例如要数字, 来的是文字)。多半型号不符或固件升级过",
      en: "{subject} comes as another type[, since {since}] (a text where a number belongs, say). The profile is for another model, or the firmware changed",
    },
    {
      zh: "核对机身型号与 profile; 刚升级过就退回旧固件",
      en: "Compare the model on its case with its profile; after an upgrade, go back",
    },
    [
      "mqtt.type",
      "wrong-type",
      "modbus.type",
      "dlt645.digits",
      "dlt645.length",
      "pjlink.value",
      "onvif.value",
      "display.value",
      "hex.value",
      "serial.type",
      "serial.beyond",
    ],
  ),
  row(
    "E216",
    "point",
    "degraded",
    {
      zh: "{subject} 报来型号里没有的状态[, {since} 起]",
      en: "{subject} reports a state that its profile does not list[, since {since}]",
    },
    {
      zh: "记下设备现在的样子 (开、关、报警), 连同本行发给维护人员补进型号文件",
      en: "Note what the device shows (on, off, alarm) and forward it with this line, so that the profile can be completed",
    },
    ["unlisted-value"],
  ),
  row(
    "E217",
    "point",
    "degraded",
    {
      zh: "{subject} 报来的数大得不合理, 没有采用[, {since} 起]。多半型号不符",
      en: "{subject} reports a number too large to be true; it is not taken[, since {since}]. The profile is probably for another model",
    },
    {
      zh: "看设备屏幕上的数, 再核对机身型号与 profile",
      en: "Look at the number on its own screen, then compare the model on its case with its profile",
    },
    ["mqtt.number", "unsafe-integer"],
  ),
  row(
    "E218",
    "point",
    "degraded",
    {
      zh: "{subject} 报来的文字过长或有控制字符, 没有采用[, {since} 起]",
      en: "{subject} reports a text that is too long or has control characters; it is not taken[, since {since}]",
    },
    {
      zh: "在设备里关掉上传图片或附件; 没有这种设置就核对机身型号与 profile",
      en: "Switch off the upload of pictures or attachments in the device; without such a setting, compare its model with its profile",
    },
    ["refused-text"],
  ),
  row(
    "E219",
    "point",
    "degraded",
    {
      zh: "{subject} 报来的单位或名字与型号不符, 没有采用[, {since} 起]",
      en: "{subject} comes in a unit or under a name that does not fit its profile; it is not taken[, since {since}]",
    },
    {
      zh: "在设备网页里核对单位; 设备没错就把本行发给维护人员改型号文件",
      en: "Check the unit set in the device; if it is right, forward this line so that the profile can be mended",
    },
    ["mqtt.unit", "mqtt.name"],
  ),
  row(
    "E220",
    "point",
    "degraded",
    {
      zh: "{subject} 的值[ ({value})]20 多个小时没有变过一位[, {since} 起]。多半传感器卡住, 或设备一直重复旧值",
      en: "{subject} has not changed by a digit for 20 hours[, at {value}][, since {since}]. The sensor is stuck, or the device repeats an old value",
    },
    {
      zh: "对传感器哈一口气: 值不动, 就断电重启一次; 还不动就换传感器",
      en: "Breathe on the sensor: if nothing moves, switch the device off and on once; if still nothing, replace the sensor",
    },
    [],
    { zh: "同型号传感器", en: "a sensor of this model" },
  ),
];
