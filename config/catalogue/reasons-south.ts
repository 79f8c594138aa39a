/**
 * What can be wrong to the south: links and silence (E1), messages and values (E2).
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";

const links: ReasonRow[] = [
  row(
    "E102",
    "bus",
    "down",
    {
      zh: "{subject} 打不开: 端口[ {address}] 已被占用[, {since} 起][, {devices} 台受影响]",
      en: "{subject} cannot open: the port[ {address}] is taken[, since {since}][, {devices} devices]",
    },
    {
      zh: "运行 ss -ltnp 看是谁占用 (常见: mosquitto), 停掉它或换端口",
      en: "Run ss -ltnp to see who has it (often mosquitto); stop it or choose another port",
    },
    ["EADDRINUSE"],
  ),
  row(
    "E103",
    "bus",
    "down",
    {
      zh: "{subject} 打不开: 本机没有地址[ {address}][, {since} 起][, {devices} 台受影响]",
      en: "{subject} cannot open: this machine has no address[ {address}][, since {since}][, {devices} devices]",
    },
    {
      zh: "看该网口的网线和灯, 再用 ip addr 核对 listen 里的地址",
      en: "Look at the cable and lights of that port, then compare listen with ip addr",
    },
    ["EADDRNOTAVAIL"],
  ),
  row(
    "E104",
    "bus",
    "down",
    {
      zh: "{subject} 打不开: 证书或密钥读不出[, {since} 起][, {devices} 台受影响]",
      en: "{subject} cannot open: its certificate or key cannot be read[, since {since}][, {devices} devices]",
    },
    {
      zh: "重新存入证书和私钥 (PEM, 放在同一个 secrets/ 文件里, 权限 0600)",
      en: "Store certificate and private key again (PEM, both in one file under secrets/, mode 0600)",
    },
    ["mqtt.tls", "mqtt.secret"],
  ),
  row(
    "E105",
    "bus",
    "down",
    {
      zh: "{subject} 打不开: 不允许使用端口[ {address}][, {since} 起]",
      en: "{subject} cannot open: the port[ {address}] is not allowed[, since {since}]",
    },
    { zh: "改用 1024 以上的端口, 例如 8883", en: "Use a port above 1024, such as 8883" },
    ["EACCES", "EPERM"],
  ),
  row(
    "E106",
    "bus",
    "down",
    {
      zh: "{subject} 的监听端口[ {address}] 打不开[, {since} 起][, {devices} 台受影响]。多半端口被占用, 或本机没有这个地址",
      en: "{subject} cannot open its port[ {address}][, since {since}][, {devices} devices]. It is taken, or this machine has no such address",
    },
    {
      zh: "运行 ss -ltnp 看端口被谁占用, 再用 ip addr 核对 listen 里的地址",
      en: "Run ss -ltnp to see who has the port, then compare listen with ip addr",
    },
    ["mqtt.listen"],
  ),
  row(
    "E109",
    "bus",
    "down",
    {
      zh: "{subject} 打不开[ ({code})][, {since} 起][, {devices} 台受影响]",
      en: "{subject} cannot open[ ({code})][, since {since}][, {devices} devices]",
    },
    {
      zh: "运行 campus-edge check; 没有错误就把本行发给维护人员",
      en: "Run campus-edge check; if it finds nothing, forward this line",
    },
  ),
  row(
    "E111",
    "bus",
    "down",
    {
      zh: "{subject} 全线 {devices} 台无数据[, {since} 起], 本机监听正常。多半交换机或无线断电",
      en: "All {devices} devices of {subject} are silent[, since {since}] while this machine listens. A switch or the wireless probably lost power",
    },
    {
      zh: "看交换机和无线的电源灯, 再看网关网口灯",
      en: "Look at the power lights of switch and wireless, then at the gateway's port",
    },
  ),
];

const devices: ReasonRow[] = [
  row(
    "E110",
    "device",
    "down",
    {
      zh: "{subject} 的线路没有打开[, {since} 起]",
      en: "The link of {subject} is not open[, since {since}]",
    },
    { zh: "不用去看这台: 先处理它的线路", en: "Leave this device alone and mend its link first" },
  ),
  row(
    "E113",
    "device",
    "down",
    { zh: "{subject} 没有数据[, {since} 起]", en: "{subject} gives no data[, since {since}]" },
    {
      zh: "看灯: 不亮查电源, 亮查接线和地址",
      en: "Look at its light: dark, check power; lit, check wiring and address",
    },
    [],
    { zh: "万用表、螺丝刀", en: "a multimeter, a screwdriver" },
  ),
  row(
    "E114",
    "device",
    "down",
    {
      zh: "{subject} 从未连上来[, 等了 {minutes} 分钟]。多半没通电、没入网或地址填错",
      en: "{subject} has never connected[ in {minutes} minutes]. Probably no power, no network, or a wrong address",
    },
    {
      zh: "看设备灯; 亮则核对设备里填的网关地址、端口、用户名",
      en: "Look at its light; if lit, check the gateway address, port and user set in the device",
    },
  ),
  row(
    "E115",
    "device",
    "down",
    {
      zh: "{subject} 断开了[, {since} 起]。多半断电或离开网络",
      en: "{subject} is gone[, since {since}]. Probably power or network",
    },
    {
      zh: "看设备灯和网线 (或无线信号); 断电重启一次",
      en: "Look at its light and cable (or signal); switch it off and on once",
    },
    ["mqtt.gone", "mqtt.keepalive", "mqtt.replaced"],
  ),
  row(
    "E116",
    "device",
    "down",
    {
      zh: "{subject} 连着但不说话[, {since} 起]。多半程序卡住、传感器线松或上报关了",
      en: "{subject} is connected but silent[, since {since}]. Its program hangs, a sensor wire is loose, or reporting is off",
    },
    {
      zh: "断电重启一次; 仍不报就查传感器接线和上报设置",
      en: "Switch it off and on once; if still silent, check sensor wiring and its reporting setting",
    },
  ),
  row(
    "E117",
    "device",
    "down",
    {
      zh: "{subject} 自己退出了连接[, {since} 起], 之后没有再来",
      en: "{subject} logged off by itself[, since {since}] and did not come back",
    },
    {
      zh: "看设备是否被关机或改过设置; 断电重启一次",
      en: "See whether it was switched off or set up anew; switch it off and on once",
    },
    ["mqtt.left"],
  ),
  row(
    "E118",
    "device",
    "down",
    {
      zh: "{subject} 停用已过期[: 应在 {until} 恢复][, 过了 {days} 天][ (停用原因: {why})]",
      en: "{subject} is off beyond its date[: it should be back by {until}][, {days} days ago][ (off because: {why})]",
    },
    {
      zh: "去看装好没有: 装好了删掉 stage: off, 没装好就改 until",
      en: "See whether it is back: if so remove stage: off, if not write a new until",
    },
  ),
  row(
    "E119",
    "device",
    "degraded",
    {
      zh: "{subject} 报错 {code}[, {since} 起][, {times} 次][: {detail}]",
      en: "{subject} has the fault {code}[, since {since}][, {times} times][: {detail}]",
    },
    {
      zh: "断电重启一次; 仍报错就把本行发给维护人员",
      en: "Switch it off and on once; if it stays, forward this line",
    },
  ),
  row(
    "E123",
    "device",
    "down",
    {
      zh: "{subject} 报告离线[, {since} 起] (它自己或它的网桥说的)。多半断电、没电池或超出无线范围",
      en: "{subject} is said to be gone[, since {since}], by itself or by its bridge. No power, an empty battery, or out of radio range",
    },
    {
      zh: "看设备的灯和电池, 再看它离网桥是否太远; 同一网桥的都离线就看网桥",
      en: "Look at its light and battery, then at its distance from the bridge; if all behind one bridge are gone, look at the bridge",
    },
    ["mqtt.offline"],
  ),
  row(
    "E203",
    "device",
    "degraded",
    {
      zh: "{subject} 的消息看不懂[, {since} 起][, {times} 次]。多半固件升级过或型号不符",
      en: "Messages of {subject} are not understood[, since {since}][, {times} times]. Its firmware changed or the profile is for another model",
    },
    {
      zh: "核对机身型号与 profile; 刚升级过就退回旧固件",
      en: "Compare the model on its case with its profile; after an upgrade, go back",
    },
    [
      "mqtt.encoding",
      "mqtt.json",
      "mqtt.deep",
      "mqtt.names",
      "mqtt.duplicate",
      "mqtt.empty",
      "mqtt.identity",
      "mqtt.senml",
      "mqtt.senml-newer",
      "mqtt.availability",
      "unknown-point",
      "wrong-device",
    ],
  ),
  row(
    "E204",
    "device",
    "degraded",
    {
      zh: "{subject} 报的时间看不懂[, {since} 起][, {times} 次]; 数据按收到时间记",
      en: "The time that {subject} sends is not understood[, since {since}][, {times} times]; data get the time of arrival",
    },
    {
      zh: "在设备网页里设好对时服务器和时区; 设好了还这样, 就核对机身型号与 profile",
      en: "Set time server and time zone in the device; if it stays, compare the model on its case with its profile",
    },
    ["mqtt.time"],
  ),
  row(
    "E205",
    "device",
    "ok",
    {
      zh: "{subject} 的时钟[快 {ahead} 分钟][慢 {behind} 分钟][, {since} 起]; 数据按收到时间记",
      en: "The clock of {subject} is[ {ahead} minutes fast][ {behind} minutes slow][, since {since}]; data get the time of arrival",
    },
    {
      zh: "顺路时在设备网页里设好对时服务器和时区 (正好差 8 小时就是时区没设)",
      en: "When you pass by, set time server and time zone in the device (exactly 8 hours: the time zone was never set)",
    },
  ),
];

const values: ReasonRow[] = [
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
    ["mqtt.type", "wrong-type"],
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
];

export const southReasons: readonly ReasonRow[] = [...links, ...devices, ...values];
