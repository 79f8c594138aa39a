/**
 * Why a school's own broker is not there for us, or no longer: fault codes of the external kind. A fault never repeats
 * what the broker wrote.
 */
import { type Row, row } from "../fault-row.ts";

export const externalFaults = {
  // The way there.
  "mqtt.unreachable": row(
    "port",
    "later",
    "MQTT 服务器连不上（地址、端口、断电或网线）",
    "the broker cannot be reached: address, port, power or cable",
  ),
  "mqtt.certificate": row(
    "access",
    "later",
    "MQTT 服务器的证书不可信、过期，或不是这个地址的",
    "the broker's certificate is not trusted, has expired, or is for another host",
  ),
  "mqtt.trust": row(
    "access",
    "never",
    "ca 里没有可用的 CA 证书（PEM）",
    "the secret of ca holds no usable CA certificate (PEM)",
  ),
  "mqtt.no-tls": row(
    "access",
    "later",
    "加密握手失败：这个端口可能不加密",
    "the encrypted handshake failed: the port may not be the encrypted one",
  ),
  "mqtt.own-password": row(
    "access",
    "never",
    "读不到 password 所指的密码，或它是空的、太长",
    "the secret of password cannot be read, is empty or too long",
  ),
  // What it answers.
  "mqtt.login": row(
    "access",
    "never",
    "MQTT 服务器不接受用户名或密码，或不许这个用户连接",
    "the broker refuses user or password, or does not admit this user",
  ),
  "mqtt.their-version": row(
    "access",
    "never",
    "MQTT 服务器不支持所写的 version",
    "the broker does not speak the version that is written",
  ),
  "mqtt.our-id": row(
    "access",
    "never",
    "MQTT 服务器不接受这个 clientId",
    "the broker refuses this client id",
  ),
  "mqtt.their-busy": row(
    "access",
    "later",
    "MQTT 服务器忙、配额用完或正在停机",
    "the broker is busy, shutting down, or its quota is used up",
  ),
  "mqtt.moved": row(
    "access",
    "never",
    "MQTT 服务器说它已搬到别的地址，本程序不跟随",
    "the broker says that it has moved, which is not followed: put the new address into url",
  ),
  "mqtt.refused": row("access", "later", "MQTT 服务器拒绝连接", "the broker refuses the connection"),
  "mqtt.their-topic": row(
    "access",
    "never",
    "MQTT 服务器不许订阅这个主题",
    "the broker does not let us subscribe to the topic",
  ),
  "mqtt.no-answer": row(
    "line",
    "later",
    "连上了，但对方不按 MQTT 应答",
    "it is connected, and what is asked is never answered",
  ),
  // How it ends.
  "mqtt.silent": row(
    "line",
    "later",
    "MQTT 服务器超过保活时间没有声音",
    "the broker was silent beyond one and a half keep-alives",
  ),
  "mqtt.hung-up": row(
    "line",
    "later",
    "MQTT 服务器断开了连接（也可能是同名的 clientId 在别处登录）",
    "the broker closed the connection; with MQTT 3.1.1 another client with the same id is one reason",
  ),
  "mqtt.taken-over": row(
    "access",
    "later",
    "另一个客户端用同样的 clientId 登录，顶掉了我们的连接",
    "another client with the same id took our session",
  ),
  "mqtt.not-mqtt": row(
    "frame",
    "later",
    "对方发来的不合 MQTT",
    "what the broker sends is not MQTT, or not the version that is written",
  ),
  "mqtt.their-frame": row(
    "frame",
    "later",
    "MQTT 服务器发来过大的报文",
    "the broker sends a packet that is larger than any may be",
  ),
  "mqtt.unasked": row(
    "frame",
    "later",
    "MQTT 服务器不停发来没有订阅的主题",
    "the broker floods us with topics that were not asked for",
  ),
  "mqtt.stalled": row(
    "line",
    "later",
    "MQTT 服务器不收我们的应答",
    "the broker does not take our acknowledgements",
  ),
} as const satisfies Record<string, Row>;
