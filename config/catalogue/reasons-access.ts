/**
 * What can be wrong with access: passwords, topics, forbidden data (E3), strangers (E4).
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";

export const accessReasons: readonly ReasonRow[] = [
  row(
    "E301",
    "device",
    "down",
    {
      zh: "{subject}[ 的 “{client}”] 密码不对[, {since} 起][, {times} 次][, 来自 {address}]",
      en: "[“{client}” at ]{subject} gives a wrong password[, since {since}][, {times} times][, from {address}]",
    },
    {
      zh: "在设备里重填用户名和密码, 要与 secrets/ 里的一致",
      en: "Enter user and password in the device again, as stored under secrets/",
    },
    ["mqtt.credential"],
  ),
  row(
    "E303",
    "device",
    "degraded",
    {
      zh: "{subject}[ 的 “{client}”] 往不属于它的主题发布, 已断开[, {since} 起][, {times} 次]",
      en: "[“{client}” at ]{subject} publishes on a topic that is not its own and was cut off[, since {since}][, {times} times]",
    },
    {
      zh: "核对设备里填的主题; 确实要用就加进它的 topics",
      en: "Check the topic set in the device; if it is right, add it to its topics",
    },
    ["mqtt.topic"],
  ),
  row(
    "E304",
    "device",
    "degraded",
    {
      zh: "{subject} 发来禁止采集的个人数据, 已整条丢弃[, {since} 起][, {times} 次]",
      en: "{subject} sent personal data that is never taken; the message was dropped[, since {since}][, {times} times]",
    },
    {
      zh: "在设备里关掉上传姓名、证件、照片、人脸或指纹",
      en: "Switch off the upload of names, identity numbers, pictures, faces or fingerprints in the device",
    },
    ["mqtt.forbidden"],
  ),
  row(
    "E402",
    "device",
    "degraded",
    {
      zh: "有人想顶替 {subject}[ 的 “{client}”] 的连接, 已拒绝[, {since} 起][, {times} 次][, 来自 {address}]",
      en: "Somebody tried to take over the connection of [“{client}” at ]{subject} and was refused[, since {since}][, {times} times][, from {address}]",
    },
    {
      zh: "多半两台设备填了同一个客户端名: 改其中一台; 都不是你的就查该交换机端口",
      en: "Two devices probably have the same client id: change one; if neither is yours, check that switch port",
    },
    ["mqtt.takeover"],
  ),
  row(
    "E401",
    "bus",
    "ok",
    {
      zh: "陌生设备[ “{client}”][ ({address})] 敲门[ {times} 次], 已拒绝[, 最近一次 {since}][; 同类共 {strangers} 个]",
      en: "A stranger[ “{client}”][ ({address})] knocked[ {times} times] and was refused[, last at {since}][; {strangers} of this sort]",
    },
    {
      zh: "是你的: 在 devices 里写上它; 不是: 查该交换机端口",
      en: "Yours: add it to devices; not yours: check that switch port",
    },
    ["mqtt.network", "mqtt.handshake", "mqtt.client-id"],
  ),
  row(
    "E403",
    "bus",
    "degraded",
    {
      zh: "{subject} 的连接数已满, 有设备被拒绝[, 最近一次 {since}][, 来自 {address}]",
      en: "{subject} has as many connections as it may; some are refused[, last at {since}][, from {address}]",
    },
    {
      zh: "看是不是同一台设备反复连接 (常见: 电源不稳); 确实有这么多设备就加大 maxConnections",
      en: "See whether one device connects again and again (often a weak supply); if there truly are so many, raise maxConnections",
    },
    ["mqtt.full", "mqtt.address-full"],
  ),
  row(
    "E404",
    "bus",
    "ok",
    {
      zh: "有设备与 {subject} 加密握手失败[, 来自 {address}][, {times} 次][, 最近一次 {since}]",
      en: "A device could not agree on encryption with {subject}[, from {address}][, {times} times][, last at {since}]",
    },
    {
      zh: "是你的设备: 在设备里装上网关的 CA 证书, 并核对端口是加密端口",
      en: "If it is yours: install the gateway's CA certificate in it and check that its port is the encrypted one",
    },
    ["mqtt.encryption"],
  ),
];
