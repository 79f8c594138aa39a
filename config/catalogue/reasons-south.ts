/**
 * What can be wrong to the south: links and silence (E1), messages (E2).
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";
import { brokerReasons } from "./reasons-broker.ts";
import { lineReasons, polledReasons } from "./reasons-line.ts";
import { valueReasons } from "./reasons-value.ts";

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
    "E140",
    "bus",
    "down",
    {
      zh: "{subject} 借给了 scan 或 assign[, {since} 起][, {devices} 台暂停]",
      en: "{subject} is lent to scan or assign[, since {since}][, {devices} devices wait]",
    },
    {
      zh: "等它做完, 网关自己接着采; 不想等就在那边按 Ctrl-C",
      en: "Wait until that is done: the gateway goes on by itself; Ctrl-C there ends it",
    },
    ["lent"],
  ),
  row(
    "E111",
    "bus",
    "down",
    {
      zh: "{subject} 全线无数据[, {since} 起][: {devices} 台, 本机监听正常。多半交换机或无线断电][: {relayed} 台, 与 MQTT 服务器连着。多半无线或交换机断电, 或设备改连了别处][: {polled} 台都不应答, 本机的口正常。多半 A/B 总线松脱, 或口的参数被改][: {unheard} 台从没有过一次能读的应答, 串口服务器连得上。多半它这个口不是透传, 或波特率、格式不一致][: {wired} 台从没有过一次能读的应答, 本机的口正常。多半波特率、格式不一致, 或 A/B 接反][: {behind} 台都不应答, 网关连得上。多半网关的串口一侧断线, 或它的参数不对]",
      en: "{subject} is silent as a whole[, since {since}][: {devices} devices, while this machine listens. A switch or the wireless probably lost power][: {relayed} devices, while we are connected to the broker. A switch or the wireless lost power, or they publish elsewhere][: {polled} devices, while the port is open. The bus wires A/B are loose, or the settings of the port were changed][: {unheard} devices have never given one readable answer, while the serial server is there. Its port does not pass bytes through, or baud rate or format differ][: {wired} devices have never given one readable answer, while the port is open. Baud rate or format differ, or A and B are swapped][: {behind} devices, while the gateway is there. Its serial side is loose, or has the wrong settings]",
    },
    {
      zh: "看[ {devices} 台共用的交换机和无线的电源灯, 再看网关网口灯][ {relayed} 台共用的交换机和无线的电源灯, 再在 MQTT 服务器上看它们连着没有 (mosquitto_sub -v -t 主题)][ {polled} 台共用的线头端子 A/B, 再核对口的波特率、校验和透传模式][串口服务器网页里这个口的模式 ({unheard} 台都经过它): 要透传 (TCP Server), 不要 Modbus 网关; 再核对波特率和格式; 都对才查端子 A/B 和设备的电源][设备说明书上的波特率和格式, 与配置核对; 一样就在线头对调 A/B ({wired} 台一起), 再查设备的电源][网关串口的端子 A/B ({behind} 台都经过它), 再在它的网页里核对波特率、校验]",
      en: "Look at[ the power lights of switch and wireless that serve {devices} devices, then at the gateway's port][ the power lights of switch and wireless that serve {relayed} devices, then see on the broker whether they publish (mosquitto_sub -v -t TOPIC)][ the terminals A/B where the line of {polled} devices begins, then check baud rate, parity and transparent mode of the port][ the mode of this port in the web page of the serial server, which serves {unheard} devices: transparent (TCP server), not Modbus gateway; then compare baud rate and format; only then look at the terminals A/B and the power of the devices][ baud rate and format in the manuals of the devices and compare them with the configuration; if they are the same, swap A and B where the line of {wired} devices begins, then check their power][ the terminals A/B of the gateway, which serves {behind} devices, then check baud rate and parity in its web page]",
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
    {
      zh: "{subject} 没有数据[, {since} 起][, 同线 {others} 台正常]",
      en: "{subject} gives no data[, since {since}][, {others} others on its line are well]",
    },
    {
      zh: "看灯: 不亮查电源, 亮查接线 (A/B 是否接反) 和地址[: 应为 {unit}]",
      en: "Look at its light: dark, check power; lit, check wiring (A and B may be swapped) and address[: it should be {unit}]",
    },
    [
      "modbus.silent",
      "dlt645.silent",
      "pjlink.silent",
      "onvif.silent",
      "display.silent",
      "hex.silent",
      "zhonghong.silent",
      "zhonghong.absent",
      "no-answer",
      "serial.silent",
    ],
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
    "E139",
    "device",
    "degraded",
    {
      zh: "{subject} 不停地发消息[, {since} 起][, 每秒 {perS} 条], 比配置里写的多得多。多半程序失控",
      en: "{subject} never stops sending[, since {since}][, {perS} messages a second], far more than it should. Its program has gone wild",
    },
    {
      zh: "断电重启一次; 仍这样就拔掉它, 再找厂家换固件",
      en: "Switch it off and on once; if it goes on, unplug it and ask its maker for other firmware",
    },
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
      "reader.encoding",
      "reader.unreadable",
      "reader.number",
      "reader.long",
      "reader.unfinished",
      "wrong-device",
    ],
  ),
  row(
    "E221",
    "device",
    "degraded",
    {
      zh: "{subject} 常读不清卡或码[, {since} 起][, {times} 次]: 校验不对, 或内容是空的",
      en: "{subject} often misreads a card or a code[, since {since}][, {times} times]: its checksum is wrong, or nothing is in it",
    },
    {
      zh: "擦干净读头的窗口, 让它离开金属, 再查电源和接线; 还这样就换读头",
      en: "Wipe the reader's window, keep it away from metal, then check supply and wires; if it goes on, replace the reader",
    },
    ["reader.checksum", "reader.empty"],
  ),
  row(
    "E222",
    "device",
    "degraded",
    {
      zh: "{subject} 上刷的卡或码有[ {times} 次]没有留住[, {since} 起]: 那时本机存不下",
      en: "Scans at {subject} were not kept[, {times} of them][, since {since}]: this machine could not store them at that time",
    },
    {
      zh: "先解决网关自己的那一行 (多半是磁盘), 再请没有记上的人重刷",
      en: "First mend what the gateway's own line tells, probably its disk; then ask for those cards again",
    },
    ["reader.lost"],
  ),
  row(
    "E223",
    "device",
    "down",
    {
      zh: "{subject} 的应答没有采用[, {since} 起]: 不是 ONVIF, 大得不像话, 或要把网关引到别的地址",
      en: "What {subject} answers was not taken[, since {since}]: it is not ONVIF, beyond all measure, or would send the gateway elsewhere",
    },
    {
      zh: "核对地址和端口, 在摄像机网页里启用 ONVIF; 都对就升级固件; 仍这样就断开它, 当作被人动过手脚来查",
      en: "Check address and port, and switch ONVIF on in its web page; if they are right, update its firmware; if it stays so, unplug it and treat it as tampered with",
    },
    [
      "onvif.noise",
      "onvif.large",
      "onvif.headers",
      "onvif.deep",
      "onvif.dtd",
      "onvif.redirect",
      "onvif.foreign",
    ],
  ),
  row(
    "E224",
    "device",
    "degraded",
    {
      zh: "收不到 {subject} 的事件 (移动、遮挡、存储)[, {since} 起]; 其余照常",
      en: "No events come from {subject} (motion, tampering, storage)[, since {since}]; all else goes on",
    },
    {
      zh: "在摄像机网页里打开 ONVIF 事件; 一台多半只给 5 到 10 个订阅, 别的软件占满了就停掉一个, 或重启摄像机",
      en: "Switch ONVIF events on in its web page; most cameras give 5 to 10 subscriptions: stop other software that holds them, or restart the camera",
    },
    ["onvif.events"],
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

export const southReasons: readonly ReasonRow[] = [
  ...lineReasons,
  ...links,
  ...brokerReasons,
  ...polledReasons,
  ...devices,
  ...valueReasons,
];
