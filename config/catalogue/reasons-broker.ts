/**
 * What can be wrong with a broker that the school has already, seen from its subscriber (E1, E3).
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";

export const brokerReasons: readonly ReasonRow[] = [
  row(
    "E133",
    "bus",
    "down",
    {
      zh: "{subject} 的 MQTT 服务器[ {address}] 连不上[, {since} 起][, {devices} 台受影响]。多半那台机器断电、服务没运行, 或地址端口不对",
      en: "The broker of {subject}[ at {address}] cannot be reached[, since {since}][, {devices} devices]. Its machine has no power, its service does not run, or address or port are wrong",
    },
    {
      zh: "看那台机器开着没有, 在它上面运行 systemctl status mosquitto; 正常就核对 url 的地址和端口[; {retry} 秒后自动再试]",
      en: "See whether that machine is on and run systemctl status mosquitto there; if it is well, check address and port in url[; tried again in {retry} s]",
    },
    ["mqtt.unreachable"],
  ),
  row(
    "E134",
    "bus",
    "down",
    {
      zh: "{subject} 的 MQTT 服务器[ {address}] 断开了连接或不应答[, {since} 起][, {devices} 台受影响]。多半它在重启、网络断过, 或有人用了同样的 clientId",
      en: "The broker of {subject}[ at {address}] hung up or does not answer[, since {since}][, {devices} devices]. It restarts, the network broke, or somebody uses the same clientId",
    },
    {
      zh: "在 MQTT 服务器的日志里找本网关的 clientId: 写着 already connected 就是同名, 改其中一个; 否则看它和网线[; {retry} 秒后自动再试]",
      en: "Look for the client id of this gateway in the broker's log: “already connected” means that another has the same one, change one; else look at its machine and cable[; tried again in {retry} s]",
    },
    ["mqtt.hung-up", "mqtt.silent", "mqtt.no-answer", "mqtt.stalled", "mqtt.their-busy", "mqtt.refused"],
  ),
  row(
    "E135",
    "bus",
    "down",
    {
      zh: "{subject}[ 在 {address}] 对面不是 MQTT 服务器, 或发来不合规的报文[, {since} 起][, {devices} 台受影响]",
      en: "What {subject} is connected to[ at {address}] is no MQTT broker, or sends what no broker may[, since {since}][, {devices} devices]",
    },
    {
      zh: "核对 url 的端口 (常为 1883 或 8883, 网页和 WebSocket 的端口不行); 端口没错就重启并升级 MQTT 服务器",
      en: "Check the port in url (often 1883 or 8883; that of a web page or of WebSocket will not do); if it is right, restart and update the broker",
    },
    ["mqtt.not-mqtt", "mqtt.their-frame", "mqtt.unasked"],
  ),
  row(
    "E136",
    "bus",
    "down",
    {
      zh: "{subject} 不能确认 MQTT 服务器[ {address}] 的身份[, {since} 起][, {devices} 台受影响]: 证书不可信、过期, 或端口不加密",
      en: "{subject} cannot be sure of the broker[ at {address}][, since {since}][, {devices} devices]: its certificate is not trusted or has expired, or the port is not encrypted",
    },
    {
      zh: "把签发它的 CA 证书 (PEM) 存进 secrets/, 写 ca: secret:名字; 核对 url 里的名字与证书一致、端口是加密的, 再看两台机器的时间",
      en: "Store the CA certificate that signed it (PEM) under secrets/ and write ca: secret:NAME; check that the name in url is that of the certificate, that the port is the encrypted one, and the clocks of both machines",
    },
    ["mqtt.certificate", "mqtt.no-tls", "mqtt.trust"],
  ),
  row(
    "E137",
    "bus",
    "down",
    {
      zh: "{subject} 的 MQTT 服务器[ {address}] 不支持配置的 MQTT 版本、不接受 clientId, 或已搬家[, {since} 起][, {devices} 台受影响]",
      en: "The broker of {subject}[ at {address}] does not speak the version of MQTT that is written, refuses the client id, or has moved[, since {since}][, {devices} devices]",
    },
    {
      zh: "老的 MQTT 服务器写 version: 3.1.1; 还不行就向管理员要 clientId 和新地址",
      en: "For an old broker write version: 3.1.1; if that is not it, ask its keeper for the client id and the new address",
    },
    ["mqtt.their-version", "mqtt.our-id", "mqtt.moved"],
  ),
  row(
    "E138",
    "bus",
    "down",
    {
      zh: "{subject} 的连接断开, 因为本机没能存下消息[, {since} 起][, {devices} 台受影响]; 对方会重发, 没有丢失",
      en: "{subject} was cut off because this machine could not store a message[, since {since}][, {devices} devices]; it is sent again, nothing is lost",
    },
    {
      zh: "先处理本机存储的问题 (E0 开头的那条); 好了会自己重连",
      en: "Mend the disk of this machine first (the line that begins with E0); it connects again by itself",
    },
    ["mqtt.not-stored"],
  ),
  row(
    "E307",
    "bus",
    "down",
    {
      zh: "{subject} 的 MQTT 服务器[ {address}] 不接受本网关的用户名或密码[, {since} 起][, {devices} 台受影响]; 已停止频繁重试",
      en: "The broker of {subject}[ at {address}] refuses user or password of this gateway[, since {since}][, {devices} devices]; it is no longer asked in a hurry",
    },
    {
      zh: "向 MQTT 服务器的管理员核对用户名和密码, 改好 user 和 secrets/ 里的同名文件, 再运行 campus-edge apply",
      en: "Check user and password with the broker's keeper, mend user and the file under secrets/, then run campus-edge apply",
    },
    ["mqtt.login"],
  ),
  row(
    "E308",
    "device",
    "down",
    {
      zh: "MQTT 服务器不许本网关订阅 {subject} 的主题[ {topic}][ (原因代码 {reason})][, {since} 起]; 它的数据收不到",
      en: "The broker does not let this gateway subscribe to the topic[ {topic}] of {subject}[ (reason {reason})][, since {since}]; its data do not come",
    },
    {
      zh: "请 MQTT 服务器的管理员给本网关的用户加上这个主题的读权限 (ACL: topic read …); 十分钟内会自动再试",
      en: "Ask the broker's keeper to let the user of this gateway read that topic (ACL: topic read …); it is tried again within ten minutes",
    },
    ["mqtt.their-topic"],
  ),
  row(
    "E309",
    "bus",
    "down",
    {
      zh: "另一个程序用同样的 clientId 登录, 顶掉了 {subject} 的连接[, {since} 起][, {devices} 台受影响]",
      en: "Another program logged in with the same client id and took the session of {subject}[, since {since}][, {devices} devices]",
    },
    {
      zh: "两台网关不能用同一个 clientId (常见: 复制了配置): 给其中一个写另外的 clientId",
      en: "No two gateways may have one client id (a copied configuration, often): write another clientId for one of them",
    },
    ["mqtt.taken-over"],
  ),
  row(
    "E310",
    "bus",
    "down",
    {
      zh: "{subject} 没有去连 MQTT 服务器: 读不到 password 所指的密码, 或它是空的、太长[, {since} 起][, {devices} 台受影响]",
      en: "{subject} does not call its broker: the secret of password cannot be read, is empty or too long[, since {since}][, {devices} devices]",
    },
    {
      zh: "把密码重新存进 secrets/ 里 password 所写名字的文件 (一行, 权限 0600), 再运行 campus-edge apply",
      en: "Store the password again in the file under secrets/ that password names (one line, mode 0600), then run campus-edge apply",
    },
    ["mqtt.own-password"],
  ),
];
