/**
 * Every fault code of this driver, in one table. A fault never repeats what a device sent, but for a serial number.
 */
import type { Fault } from "../contract/index.ts";
import { externalFaults } from "./external/faults.ts";
import { type Row, row } from "./fault-row.ts";

export const mqttFaults = {
  ...externalFaults,
  // The listener.
  "mqtt.listen": row("port", "later", "监听端口打不开", "the address to listen on cannot be opened"),
  "mqtt.secret": row("access", "never", "读不到密码或证书", "a password or certificate cannot be read"),
  "mqtt.tls": row("access", "never", "私钥或证书不能用", "the private key or certificate is not usable"),
  "mqtt.lost": row("port", "later", "监听端口意外关闭", "the listener was lost"),
  "mqtt.aborted": row("port", "later", "打开时被取消", "opening was given up"),
  // Connections that are turned away or cut.
  "mqtt.network": row("access", "later", "来自不允许的网段", "it comes from a network that may not connect"),
  "mqtt.full": row("access", "later", "连接数已满", "as many devices are connected as may be"),
  "mqtt.address-full": row(
    "access",
    "later",
    "同一地址的连接数已满",
    "as many connections come from its address as may be",
  ),
  "mqtt.credential": row("access", "never", "用户名或密码不对", "the user or the password is wrong"),
  "mqtt.guessing": row(
    "access",
    "later",
    "同一地址多次用错密码，登录被放慢",
    "too many wrong passwords came from its address; logins from there are slowed down",
  ),
  "mqtt.client-id": row(
    "access",
    "never",
    "客户端编号为空、过长或含控制字符",
    "the client id is empty, too long or has control characters",
  ),
  "mqtt.takeover": row(
    "access",
    "later",
    "客户端编号正被另一个账号使用，或是另一台设备的编号",
    "its client id is in use by another credential, or is the id of another device",
  ),
  "mqtt.topic": row("access", "never", "主题不属于这个连接", "the topic is not one of this connection"),
  "mqtt.handshake": row("access", "later", "10 秒内没有完成登录", "it did not log in within 10 s"),
  "mqtt.made-room": row(
    "access",
    "later",
    "还没登录，给别的连接让位",
    "it had not logged in when its place was needed for another",
  ),
  "mqtt.encryption": row("access", "later", "加密握手失败", "the encrypted handshake failed"),
  "mqtt.frame": row("frame", "never", "报文过大", "a packet is larger than allowed"),
  "mqtt.protocol": row("frame", "later", "报文不合 MQTT 3.1.1", "what it sent is not MQTT 3.1 or 3.1.1"),
  "mqtt.version": row(
    "access",
    "never",
    "设备用的不是 MQTT 3.1 或 3.1.1（可能是 5）；在设备上改成 3.1.1",
    "it speaks another version than MQTT 3.1 or 3.1.1, such as 5; set it to 3.1.1",
  ),
  "mqtt.unreleased": row(
    "frame",
    "later",
    "太多 QoS 2 消息没有收尾",
    "too many of its QoS 2 messages were never released",
  ),
  // Why the devices of a connection are down.
  "mqtt.left": row("device", "later", "设备主动断开", "it logged off"),
  "mqtt.gone": row("line", "later", "连接断了", "the connection broke"),
  "mqtt.keepalive": row("line", "later", "超过保活时间没有声音", "it was silent beyond its keep-alive"),
  "mqtt.replaced": row("device", "later", "同一设备重新连接", "it connected anew"),
  "mqtt.not-stored": row(
    "policy",
    "later",
    "本机没能存下，断开等它重发",
    "its message could not be stored; cut so that it sends again",
  ),
  "mqtt.slow-reader": row("line", "later", "设备不取数据", "it does not take what it is sent"),
  "mqtt.changed": row("policy", "later", "配置改了", "its configuration changed"),
  "mqtt.closed": row("policy", "later", "网关停止监听", "the gateway stopped listening"),
  "mqtt.will": row(
    "access",
    "never",
    "遗嘱的主题不属于这个连接，或遗嘱过长",
    "its last will has a topic that is not one of this connection, or is too long",
  ),
  "mqtt.offline": row(
    "device",
    "later",
    "设备或它的网桥报告它离线",
    "it, or its bridge for it, says that it is gone",
  ),
  // What a message holds.
  "mqtt.encoding": row("answer", "later", "消息不是 UTF-8", "the message is not UTF-8"),
  "mqtt.json": row("answer", "later", "消息不是 JSON", "the message is not JSON"),
  "mqtt.deep": row("answer", "later", "消息嵌套过深", "the message nests too deep"),
  "mqtt.names": row("answer", "later", "消息里的名字超过 2000 个", "the message has more than 2,000 names"),
  "mqtt.duplicate": row("answer", "later", "消息里同名的值写了两次", "the message names a value twice"),
  "mqtt.forbidden": row(
    "policy",
    "never",
    "消息含有不允许采集的个人数据（9 级）或编码数据，整条未采用",
    "the message holds personal data that is never taken (level 9) or encoded bytes; all of it was refused",
  ),
  "mqtt.empty": row(
    "map",
    "later",
    "消息里没有型号中的任何一个点",
    "the message holds none of the profile's points",
  ),
  "mqtt.type": row("answer", "later", "值的类型不对", "the value is of another type than the profile says"),
  "mqtt.number": row(
    "answer",
    "later",
    "数字过大，不能准确表示",
    "the number is too large to be represented exactly",
  ),
  "mqtt.time": row("answer", "later", "设备时间不能用", "the device's time is not usable"),
  "mqtt.senml": row(
    "answer",
    "later",
    "消息不是 SenML（RFC 8428）",
    "the message is not a SenML pack (RFC 8428)",
  ),
  "mqtt.senml-newer": row(
    "answer",
    "never",
    "SenML 的版本或必须理解的字段本程序不认识，整条未采用",
    "the SenML pack has a version or a must-understand field that this program does not know; all of it was refused",
  ),
  "mqtt.unit": row(
    "map",
    "never",
    "单位不能换算成测点的单位",
    "the unit cannot be converted to the one of the point",
  ),
  "mqtt.name": row(
    "map",
    "never",
    "两个不同名字的记录都可能是这个点",
    "records of two different names could be this point",
  ),
  "mqtt.availability": row(
    "map",
    "later",
    "在线状态既不是 online 也不是 offline 的词",
    "what it says about being there is neither of the profile's two words",
  ),
  "mqtt.serial": row(
    "access",
    "never",
    "序列号不是登记的那一台，数据未采用",
    "it shows another serial number than is expected; its values were not taken",
  ),
  "mqtt.serial-missing": row(
    "access",
    "later",
    "这次连接还没有报出序列号，数据未采用",
    "it has not shown its serial number on this connection yet; its values were not taken",
  ),
  "mqtt.internal": row(
    "map",
    "never",
    "消息没能解读，这是程序的错",
    "the message could not be decoded; this is a mistake of the program",
  ),
  "mqtt.identity": row(
    "map",
    "later",
    "缺少识别消息用的序号或时间",
    "the counter or time that identifies the message is missing",
  ),
} as const satisfies Record<string, Row>;

export type MqttFaultCode = keyof typeof mqttFaults;

/**
 * A fault by its code.
 * @param more `fact` adds words of the configuration or the system (an address, an errno), never of a device
 */
export function mqttFault(
  code: MqttFaultCode,
  more: { point?: string; fact?: string; facts?: NonNullable<Fault["facts"]> } = {},
): Fault {
  const { layer, retry, what } = mqttFaults[code];
  return {
    code,
    layer,
    retry,
    ...(more.point === undefined ? {} : { point: more.point }),
    ...(more.facts === undefined ? {} : { facts: more.facts }),
    detail: more.fact === undefined ? what.en : `${what.en} (${more.fact})`,
  };
}

/** What `open` rejects with, and what a connection is refused with. */
export class MqttError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.detail, options);
    this.name = "MqttError";
    this.fault = fault;
  }
}
