/**
 * What can be wrong with a line that is polled, and with what is asked over it (E1, E2).
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";

/** The line itself. */
export const lineReasons: readonly ReasonRow[] = [
  row(
    "E101",
    "bus",
    "down",
    {
      zh: "{subject} 连不上[ (串口服务器 {box})][, {since} 起][, 它带的 {links} 条线路都停][, {devices} 台受影响]。多半断电或网线松",
      en: "{subject} is unreachable[ (serial server {box})][, since {since}][, and all {links} links that it carries][, {devices} devices]. Power or a loose cable, probably",
    },
    {
      zh: "看它的电源灯、网口灯[: {place}]; 都亮就核对地址和端口[ {address}], 再看中间的网线和交换机[; {retry} 秒后自动再试]",
      en: "Look at its power and port lights[: {place}]; if they are lit, check address and port[ {address}], then cable and switch between[; tried again in {retry} s]",
    },
    ["line.unreachable", "line.timeout", "line.stalled"],
  ),
  row(
    "E120",
    "bus",
    "down",
    {
      zh: "{subject} 的连接被对方拒绝或挂断[ (串口服务器 {box})][: {address}][, {since} 起][, 它带的 {links} 条线路都这样][, {devices} 台受影响]。对方有电、网也通, 是这个端口不接",
      en: "{subject} has its connection refused or hung up by the other end[ (serial server {box})][ at {address}][, since {since}][, as have all {links} links that it carries][, {devices} devices]. Power and network are well: it is this port that does not take it",
    },
    {
      zh: "看对方网页或菜单里这个口[ (它在{place})]: 端口号对不对, 是不是 TCP Server 模式 (投影机: 打开网络控制), 有没有别的程序占着它唯一的连接[; {retry} 秒后自动再试]",
      en: "See this port in its web page or menu[ (it is at: {place})]: is the port number right, is the port in TCP server mode (of a projector: is network control on), does another program hold its only connection[; tried again in {retry} s]",
    },
    ["line.refused", "line.gone", "display.mute", "hex.mute", "zhonghong.mute"],
  ),
  row(
    "E107",
    "bus",
    "down",
    {
      zh: "{subject} 的串口打不开[, {since} 起][, {devices} 台受影响]。没插好、被别的程序占用, 或不许使用",
      en: "The serial port of {subject} cannot be opened[, since {since}][, {devices} devices]. It is not plugged in, another program has it, or it may not be used",
    },
    {
      zh: "看 USB 转换器插好没有 (ls /dev/serial/by-id); 在, 就用 fuser -v 看谁占用, 再看运行用户是否在 dialout 组",
      en: "See whether the USB converter is plugged in (ls /dev/serial/by-id); if so, see with fuser -v who has it, then whether our user is in the group dialout",
    },
    ["line.absent", "line.busy", "line.denied"],
  ),
  row(
    "E108",
    "bus",
    "down",
    {
      zh: "{subject} 的串口不接受这个波特率或格式[, {since} 起][, {devices} 台受影响]",
      en: "The port of {subject} does not take this baud rate or format[, since {since}][, {devices} devices]",
    },
    {
      zh: "核对 baud 和 format; 设备要求如此就换一个支持它的转换器",
      en: "Check baud and format; if the devices need them, use a converter that supports them",
    },
    ["line.unfit"],
    { zh: "USB 转 RS-485 转换器", en: "a USB to RS-485 converter" },
  ),
  row(
    "E112",
    "bus",
    "down",
    {
      zh: "{subject}[ 从 {from} 起] {devices} 台无应答[, {after} 及以前正常][, {since} 起]。多半[ {after} 与 {from} 之间]断线",
      en: "On {subject} {devices} devices[ from {from} on] do not answer[, up to {after} all is well][, since {since}]. The cable[ between {after} and {from}] is broken, probably",
    },
    {
      zh: "先查[ {after} 后]墙的接线端子, 再查[到 {from} 的]电缆",
      en: "Check the terminals in the wall[ of {after}] first, then the cable[ to {from}]",
    },
    [],
    { zh: "万用表、螺丝刀、双绞屏蔽线", en: "a multimeter, a screwdriver, shielded twisted pair" },
  ),
  row(
    "E121",
    "bus",
    "degraded",
    {
      zh: "{subject} 有应答但[ {share} %]读不懂[, {since} 起]。波特率或校验不一致、缺终端电阻, 或与强电同槽",
      en: "{subject} answers, but[ {share} % of it] unreadably[, since {since}]. Baud rate or parity differ, the terminator is missing, or the cable lies beside mains",
    },
    {
      zh: "[先看串口服务器 {box} 网页里这个口的模式: 要透传 (TCP Server), 不要 Modbus 网关; 再]核对口 (或串口服务器网页里这个口) 和设备的波特率、校验, 最后在线的末端装 120 Ω",
      en: "[See the mode of this port in the web page of serial server {box} first: transparent (TCP server), not Modbus gateway; then] compare baud rate and parity of the port (or of the serial server's page) with those of the devices, and at last fit 120 Ω at the far end",
    },
    [
      "modbus.crc",
      "modbus.short",
      "modbus.noise",
      "modbus.function",
      "modbus.count",
      "dlt645.checksum",
      "dlt645.short",
      "dlt645.noise",
      "pjlink.checksum",
      "display.checksum",
      "hex.checksum",
      "pjlink.short",
      "display.short",
      "hex.short",
      "pjlink.noise",
      "display.noise",
      "hex.noise",
      "zhonghong.checksum",
      "zhonghong.short",
      "zhonghong.noise",
      "line.settings",
      "serial.checksum",
      "serial.short",
      "serial.end",
      "serial.noise",
      "serial.restless",
    ],
    { zh: "120 Ω 电阻、螺丝刀", en: "a 120 Ω resistor, a screwdriver" },
  ),
  row(
    "E124",
    "bus",
    "down",
    {
      zh: "{subject} 对面的模式不对[, {since} 起][, {times} 次]: 串口服务器一边是透传, 另一边当成 Modbus 网关",
      en: "What {subject} talks to is in another mode[, since {since}][, {times} times]: the serial server passes bytes through where a Modbus gateway is expected, or the other way round",
    },
    {
      zh: "看串口服务器网页里这个口的模式: 线路 kind 是 modbus-rtu 就选透传 (TCP Server), 是 modbus-tcp 就选 Modbus 网关",
      en: "In the web page of the serial server see the mode of this port: transparent (TCP server) for a link of kind modbus-rtu, Modbus gateway for modbus-tcp",
    },
    ["modbus.protocol", "line.gateway", "line.gateway-proved", "line.flood"],
  ),
  row(
    "E125",
    "bus",
    "degraded",
    {
      zh: "{subject} 线上还有别的主站在发请求[, {since} 起][, {times} 次]",
      en: "Another master sends requests on the line of {subject}[, since {since}][, {times} times]",
    },
    {
      zh: "查谁还接在这条线上 (旧网关、厂家软件、触摸屏、第二个连到串口服务器的程序), 只留一个",
      en: "See what else is on this line (an old gateway, a vendor's program, a panel, a second program at the serial server) and leave only one",
    },
    ["modbus.second-master", "dlt645.second-master"],
  ),
  row(
    "E126",
    "bus",
    "degraded",
    {
      zh: "{subject} 收到的是自己发出的请求[, {since} 起][, {times} 次]: 转换器的回显没有关",
      en: "{subject} receives its own requests[, since {since}][, {times} times]: the converter echoes",
    },
    {
      zh: "按说明书关掉转换器的回显 (多为拨码或跳线), 没有就换一个自动收发的",
      en: "Switch off the echo of the converter (a switch or jumper, mostly), or use one with automatic direction",
    },
    ["modbus.echo", "dlt645.echo", "zhonghong.echo", "serial.echo"],
    { zh: "USB 转 RS-485 转换器", en: "a USB to RS-485 converter" },
  ),
  row(
    "E128",
    "bus",
    "degraded",
    {
      zh: "{subject} 的应答[ ({late} 台)]来得太晚或被拆成几段[, {since} 起][, {times} 次]: 串口服务器的打包间隔太长",
      en: "Answers on {subject}[ (of {late} devices)] arrive too late or in pieces[, since {since}][, {times} times]: the serial server's packing interval is too long",
    },
    {
      zh: "在串口服务器网页里把这个口的打包间隔 (也叫打包时间、分包时间) 设为 0 到 20 ms",
      en: "In the web page of the serial server set the packing interval (packing time) of this port to 0 to 20 ms",
    },
    ["line.packing"],
  ),
  row(
    "E129",
    "bus",
    "degraded",
    {
      zh: "{subject} 排得太满[ ({line})][, {since} 起][, {share} %的轮次没来得及读][, 线路占用 {busy} %]。设备或测点太多、周期太短, 或波特率太低",
      en: "{subject} has more to read than time for it[ ({line})][, since {since}][: {share} % of what was due was not read][, the line is busy for {busy} %]. Too many devices or points, too short a period, or too low a baud rate",
    },
    {
      zh: "[先把串口服务器 {box} 的打包间隔设为 0 到 20 ms; ]把 period 放长 (例如 1s 改 10s); 不行就调高波特率 (设备和口一起改), 或把一部分设备分到第二条线",
      en: "[Set the packing interval of serial server {box} to 0 to 20 ms first; ]make period longer (10s instead of 1s, say); if that will not do, choose a faster baud rate (devices and port alike) or move some devices to a second line",
    },
  ),
];

/** A device on it. */
export const polledReasons: readonly ReasonRow[] = [
  row(
    "E122",
    "device",
    "down",
    {
      zh: "{subject} 的应答是乱的或两帧叠在一起[, {since} 起][, {times} 次][, 同线 {others} 台正常]。多半两台都是这个地址[: {unit}] (常见: 新装的没改地址), 或这台的波特率、校验与线路不同",
      en: "Answers of {subject} are garbled or come on top of each other[, since {since}][, {times} times][, {others} others on its line are well]. Two devices have this address[: {unit}], probably (often a new one that still has the factory's), or this one has another baud rate or parity than its line",
    },
    {
      zh: "拔下新装的一台再试; 好了就给它改地址; 不是, 就核对这台的波特率、校验和接线",
      en: "Unplug the newest one and try again; if that helps, give it another address; if not, check baud rate, parity and wiring of this one",
    },
    ["modbus.glued", "modbus.twice", "pjlink.glued", "display.glued", "hex.glued"],
  ),
  row(
    "E141",
    "device",
    "down",
    {
      zh: "{subject} 有应答却读不懂, 像是几块电表同时应答",
      en: "Answers on {subject} cannot be read, as when several meters answer at once",
    },
    {
      zh: "线上只留一块表再找, 或照铭牌写 meter: 表号; 都不行再核对波特率和校验",
      en: "Leave one meter on the line and search again, or write meter: with the number on its nameplate; otherwise compare baud rate and parity",
    },
    ["dlt645.several"],
  ),
  row(
    "E127",
    "device",
    "degraded",
    {
      zh: "{subject} 的应答来得太晚, 对不上所问[, {since} 起][, {times} 次]。多半它应答慢, 或两台设备地址相同",
      en: "Answers of {subject} come too late or do not fit what was asked[, since {since}][, {times} times]. It is slow, or two devices have one address",
    },
    {
      zh: "在配置里这台设备后面写 answer: 1s (还不够就再放宽)[; 串口服务器 {box} 的打包间隔设为 0 到 20 ms]; 还这样就看同线有没有相同的地址",
      en: "Write answer: 1s (or more) at this device in the configuration[; set the packing interval of serial server {box} to 0 to 20 ms]; if it stays, see whether two devices on the line have one address",
    },
    [
      "modbus.unit",
      "modbus.transaction",
      "modbus.late",
      "dlt645.late",
      "dlt645.identifier",
      "dlt645.meter",
      "pjlink.other",
      "display.other",
      "hex.other",
      "zhonghong.late",
    ],
  ),
  row(
    "E206",
    "device",
    "degraded",
    {
      zh: "{subject} 不认所问的寄存器或功能[, {since} 起][, {times} 次]。多半型号或寄存器表版本不符",
      en: "{subject} refuses the register or function that it is asked for[, since {since}][, {times} times]. The profile is for another model or another version of its registers",
    },
    {
      zh: "核对机身型号、版本与 profile; 这台没有的点在配置里写 off",
      en: "Compare model and version on its case with its profile; write off for points that this unit lacks",
    },
    [
      "modbus.illegal-function",
      "modbus.illegal-address",
      "modbus.illegal-value",
      "modbus.negative",
      "dlt645.no-data",
      "dlt645.no-right",
      "dlt645.item",
      "pjlink.refused",
      "onvif.refused",
      "display.refused",
      "hex.refused",
    ],
  ),
  row(
    "E207",
    "device",
    "degraded",
    {
      zh: "{subject} 应答说自己忙或有故障[, {since} 起][, {times} 次]",
      en: "{subject} answers that it is busy or has failed[, since {since}][, {times} times]",
    },
    {
      zh: "断电重启一次; 仍这样就看它的屏幕或灯上的故障, 再换备件",
      en: "Switch it off and on once; if it stays, see what its screen or lights say, then replace it",
    },
    [
      "modbus.device-failure",
      "modbus.acknowledge",
      "modbus.busy",
      "modbus.parity",
      "modbus.exception",
      "dlt645.refused",
      "dlt645.following",
      "pjlink.failure",
      "display.failure",
      "hex.failure",
    ],
  ),
  row(
    "E210",
    "device",
    "down",
    {
      zh: "{subject} 这个端口上应答的不是投影机控制[, {since} 起]",
      en: "What answers at this port of {subject} is no control of a projector[, since {since}]",
    },
    {
      zh: "核对地址和端口; 在投影机菜单里打开 PJLink 或 ESC/VP.net (网络控制)",
      en: "Check address and port; switch PJLink or ESC/VP.net (network control) on in the projector's menu",
    },
    ["pjlink.greeting", "pjlink.endless", "display.greeting"],
  ),
  row(
    "E209",
    "device",
    "down",
    {
      zh: "{subject} 是 1997 版 DL/T 645 的老电表[, {since} 起], 本网关只读 2007 版",
      en: "{subject} speaks DL/T 645-1997, an older standard[, since {since}]; only the one of 2007 is read",
    },
    {
      zh: "看铭牌上的标准号; 换成 2007 版的表, 或在配置里写 stage: off 和 why",
      en: "Look at the standard on its nameplate; fit a meter of 2007, or write stage: off and why in the configuration",
    },
    ["dlt645.old-standard"],
  ),
  row(
    "E208",
    "device",
    "degraded",
    {
      zh: "{subject} 前面的 Modbus 网关说没有到它的通路[, {since} 起][, {times} 次]",
      en: "The Modbus gateway in front of {subject} has no path to it[, since {since}][, {times} times]",
    },
    {
      zh: "在网关网页里核对它在哪个口, 以及那个口的地址范围",
      en: "In the web page of the gateway check on which port it is, and which addresses that port serves",
    },
    ["modbus.gateway-path"],
  ),
  row(
    "E131",
    "device",
    "down",
    {
      zh: "{subject} 在网上连得到, 但问它不应答[, {since} 起][, 同一种线路上 {others} 台正常]。多半单元号不对、它的网络控制 (Modbus TCP、PJLink 等) 没开, 或它卡住了",
      en: "{subject} can be reached in the network and does not answer what it is asked[, since {since}][, {others} others of its link are well]. A wrong unit number, its control over the network (Modbus TCP, PJLink, …) is switched off, or it hangs",
    },
    {
      zh: "看它的电源灯、网口灯; 亮就核对地址、端口和单元号[: 现在是 {unit}] (直接连网的多为 1 或 255), 再断电重启一次",
      en: "Look at its power and port lights; if lit, check address, port and unit number[: it is {unit} now] (mostly 1 or 255 for one on the network itself), then switch it off and on once",
    },
  ),
  row(
    "E132",
    "device",
    "down",
    {
      zh: "Modbus 网关通着, 它后面的 {subject} 不应答[, {since} 起][, 同一网关后面 {others} 台正常]",
      en: "The Modbus gateway is well, {subject} behind it does not answer[, since {since}][, {others} others behind it are well]",
    },
    {
      zh: "看这台的灯; 亮就查网关到它的接线 (A/B), 再核对单元号[: 应为 {unit}] 和网关这个口的波特率、校验",
      en: "Look at the light of this device; if lit, check the wires A/B from the gateway to it, then its unit number[: it should be {unit}] and baud rate and parity of the gateway's port",
    },
    ["modbus.gateway-target"],
    { zh: "万用表、螺丝刀", en: "a multimeter, a screwdriver" },
  ),
];
