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
      zh: "{subject}[ 上自称 “{client}” 的设备] 登录被拒, 用户名或密码不对[, {since} 起][, {times} 次][, 来自 {address}]",
      en: "[A device that calls itself “{client}” at ]{subject} was refused: its user or password is wrong[, since {since}][, {times} times][, from {address}]",
    },
    {
      zh: "在设备网页里重填用户名和密码: 用户名照配置里的 user, 密码照 secrets/ 里的文件 (摄像机: 启用 ONVIF 并建这个用户; 为防锁定不再试, 改好后 campus-edge apply); 看不出是哪台就按来源地址找",
      en: "Enter user and password again in the device: the user as in the files, the password as in its file under secrets/ (a camera: switch ONVIF on and make that user; lest it lock the account it is not tried again before campus-edge apply); find an unknown one by its address",
    },
    ["mqtt.credential", "onvif.password", "onvif.hung-up"],
  ),
  row(
    "E302",
    "device",
    "down",
    {
      zh: "{subject} 应答的序列号[是 {found}, ]不是应有的[ {expected}][, {since} 起]。多半两台互换了, 或地址冲突; 它的数据没有采用",
      en: "{subject} answers with[ serial {found}, which is] not the serial that is expected[ ({expected})][, since {since}]. Two units were swapped, or share an address; its data are not taken",
    },
    {
      zh: "看机身标签: 装反了就换回来或改回地址; 确实换了新机, 就把 expect 里的 serial 改成新的",
      en: "Look at the label on its case: put swapped units or their addresses back; if the unit is new, write its serial under expect",
    },
    ["mqtt.serial", "dlt645.serial", "onvif.serial"],
  ),
  row(
    "E303",
    "device",
    "degraded",
    {
      zh: "{subject}[ 上自称 “{client}” 的设备] 往不属于它的主题发布, 已断开[, {since} 起][, {times} 次]",
      en: "[A device that calls itself “{client}” at ]{subject} publishes on a topic that is not its own and was cut off[, since {since}][, {times} times]",
    },
    {
      zh: "在设备网页里核对主题前缀和设备编号; 主题没错就在配置里加进它的 topics",
      en: "Check the topic prefix and device id set in the device; if they are right, add the topic to its topics",
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
    "E305",
    "device",
    "down",
    {
      zh: "{subject}[ 上自称 “{client}” 的设备] 登录被拒: 它的遗嘱 (LWT) 主题不属于它, 或遗嘱过长[, {since} 起][, {times} 次]",
      en: "[A device that calls itself “{client}” at ]{subject} was refused: the topic of its last will (LWT) is not its own, or the will is too long[, since {since}][, {times} times]",
    },
    {
      zh: "在设备网页里核对 LWT (遗嘱) 主题; 主题没错就在配置里加进它的 topics",
      en: "Check the topic of the last will (LWT) set in the device; if it is right, add the topic to its topics",
    },
    ["mqtt.will"],
  ),
  row(
    "E306",
    "device",
    "down",
    {
      zh: "{subject} 连上后还没有报出序列号[, {since} 起][, {times} 次]; 不能确认是不是登记的那台, 数据没有采用",
      en: "{subject} has not shown its serial number since it connected[, since {since}][, {times} times]; it may be another unit, and its data are not taken",
    },
    {
      zh: "断电重启一次; 仍不报, 说明这个固件不报序列号: 看机身标签核对后, 删掉 expect",
      en: "Switch it off and on once; if it stays, its firmware shows none: compare the label on its case, then remove expect",
    },
    ["mqtt.serial-missing", "dlt645.serial-missing", "onvif.serial-missing"],
  ),
  row(
    "E402",
    "device",
    "degraded",
    {
      zh: "有人想顶替 {subject}[ 上 “{client}”] 的连接, 已拒绝[, {since} 起][, {times} 次][, 来自 {address}]",
      en: "Somebody tried to take over the connection of [“{client}” at ]{subject} and was refused[, since {since}][, {times} times][, from {address}]",
    },
    {
      zh: "多半两台设备填了同一个客户端名, 或一台填了另一台的编号: 改其中一台; 都不是你的就查该交换机端口",
      en: "Two devices probably have the same client id, or one has the id of the other: change one; if neither is yours, check that switch port",
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
    ["mqtt.network", "mqtt.handshake", "mqtt.client-id", "mqtt.guessing", "mqtt.made-room"],
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
    "E311",
    "device",
    "down",
    {
      zh: "{subject} 的控制密码不对, 或配置里没有它[, {since} 起]; 已停止重试 (防锁定)",
      en: "The control password of {subject} is wrong, or the configuration has none[, since {since}]; it is not tried again, lest the device lock itself",
    },
    {
      zh: "在设备的菜单或网页里看 (或重设) 控制密码, 写进 secrets/ 里线路的 password 所指的文件 (权限 0600), 再 campus-edge apply",
      en: "See or set the control password in its menu or web page, store it in the file under secrets/ that password of the link names (mode 0600), then campus-edge apply",
    },
    [
      "pjlink.password",
      "pjlink.no-password",
      "display.no-password",
      "pjlink.secret",
      "onvif.no-password",
      "onvif.secret",
    ],
  ),
  row(
    "E312",
    "device",
    "down",
    {
      zh: "{subject} 不让网关的用户问[, {since} 起]: 它没有权限, 或摄像机只肯收明文密码",
      en: "{subject} does not let the gateway's user ask[, since {since}]: it has no right to, or the camera takes a password in clear only",
    },
    {
      zh: "在摄像机网页里给这个用户 ONVIF 操作员权限, 登录方式选 digest; 改好后 campus-edge apply",
      en: "In the camera's web page give this user the rights of an ONVIF operator and choose digest for the login; then campus-edge apply",
    },
    ["onvif.basic", "onvif.rights"],
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
  row(
    "E405",
    "bus",
    "ok",
    {
      zh: "有设备用 {subject} 不认识的 MQTT 版本 (多半是 5), 已拒绝[, 来自 {address}][, {times} 次][, 最近一次 {since}]",
      en: "A device speaks a version of MQTT that {subject} does not, probably 5, and was refused[, from {address}][, {times} times][, last at {since}]",
    },
    {
      zh: "在设备网页里把 MQTT 版本改成 3.1.1",
      en: "Set its MQTT version to 3.1.1 in the device",
    },
    ["mqtt.version"],
  ),
];
