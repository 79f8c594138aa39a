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
      zh: "看它的电源灯、网口灯[: {place}]; 都亮就核对地址和端口, 再看是不是别的程序占着这个连接",
      en: "Look at its power and port lights[: {place}]; if they are lit, check address and port, then whether another program holds its connection",
    },
    ["line.refused", "line.unreachable", "line.timeout", "line.gone", "line.stalled"],
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
      zh: "{subject} 有应答但[ {share} %]校验错[, {since} 起]。波特率或校验不一致、缺终端电阻, 或与强电同槽",
      en: "{subject} answers, but[ {share} % of it] with wrong checksums[, since {since}]. Baud rate or parity differ, the terminator is missing, or the cable lies beside mains",
    },
    {
      zh: "先核对口和设备的波特率、校验, 再在线的末端装 120 Ω",
      en: "Compare baud rate and parity of port and devices first, then fit 120 Ω at the far end",
    },
    ["modbus.crc", "modbus.short", "modbus.noise", "line.settings"],
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
    ["modbus.protocol", "line.gateway", "line.flood"],
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
    ["modbus.second-master"],
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
    ["modbus.echo"],
    { zh: "USB 转 RS-485 转换器", en: "a USB to RS-485 converter" },
  ),
  row(
    "E128",
    "bus",
    "degraded",
    {
      zh: "{subject} 的应答被拆成几段才到[, {since} 起][, {times} 次]: 串口服务器的打包间隔太长",
      en: "Answers on {subject} arrive in pieces[, since {since}][, {times} times]: the serial server's packing interval is too long",
    },
    {
      zh: "在串口服务器网页里把这个口的打包 (分包) 间隔设为 0 或最短",
      en: "In the web page of the serial server set the packing interval of this port to 0, or the shortest there is",
    },
    ["line.packing"],
  ),
];

/** A device on it. */
export const polledReasons: readonly ReasonRow[] = [
  row(
    "E122",
    "device",
    "down",
    {
      zh: "{subject} 的回码总是两帧叠在一起[, {since} 起]。多半两台都是这个地址[: {unit}] (常见: 新装的没改地址)",
      en: "Two answers of {subject} come on top of each other[, since {since}]. Two devices have this address[: {unit}], probably (often a new one that still has the factory's)",
    },
    {
      zh: "拔下新装的一台再试; 好了就给它改地址",
      en: "Unplug the newest one and try again; if that helps, give it another address",
    },
    ["modbus.glued"],
  ),
  row(
    "E127",
    "device",
    "degraded",
    {
      zh: "{subject} 的应答对不上所问[, {since} 起][, {times} 次]。多半应答太慢, 或两台设备地址相同",
      en: "What {subject} answers is not what was asked[, since {since}][, {times} times]. It answers too late, or two devices have one address",
    },
    {
      zh: "核对同线有没有相同的地址; 没有就把 answer 放宽到 1s 再看",
      en: "See whether two devices on the line have one address; if not, set answer to 1s and look again",
    },
    ["modbus.unit", "modbus.transaction"],
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
    ["modbus.illegal-function", "modbus.illegal-address", "modbus.illegal-value", "modbus.negative"],
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
    ["modbus.device-failure", "modbus.acknowledge", "modbus.busy", "modbus.parity", "modbus.exception"],
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
];
