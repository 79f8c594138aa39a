/**
 * What can be wrong with the gateway itself (E0) and with its uplinks (E5), for people.
 * A code never changes its meaning; a retired one is not used again.
 */
import { type ReasonRow, row } from "./reason-row.ts";
import { clockReasons } from "./reasons-clock.ts";
import { httpsReasons } from "./reasons-https.ts";

const gateway: ReasonRow[] = [
  row(
    "E001",
    "gateway",
    "degraded",
    {
      zh: "网关还不知道准确时间[, {since} 起]。数据照存, 对时后补正; 刚开机或外网刚断时会这样",
      en: "The gateway does not know the time yet[, since {since}]. Data are kept and corrected later; this is so after a start or while the school is offline",
    },
    {
      zh: "先等一小时; 外网是断的就先恢复外网",
      en: "Wait an hour; if the school is offline, bring that back first",
    },
  ),
  row(
    "E002",
    "gateway",
    "down",
    {
      zh: "本机存不进数据[ ({fault})][, {since} 起]。多半磁盘满或存储卡坏; 设备的数据暂不确认",
      en: "This machine cannot store data[ ({fault})][, since {since}]. The disk is probably full or worn out; devices get no acknowledgement",
    },
    {
      zh: "先用 df -h 看空间; 有空间就看 dmesg 有无 I/O 错误, 有则换存储卡",
      en: "Look at the space with df -h; if there is some, look for I/O errors in dmesg and replace the disk",
    },
    [],
    { zh: "同规格的存储卡或硬盘", en: "a disk or card of the same kind" },
  ),
  row(
    "E003",
    "gateway",
    "degraded",
    {
      zh: "磁盘写得太慢, 数据在排队[, {since} 起]。设备会重发, 没有丢失",
      en: "The disk writes too slowly and data queue up[, since {since}]. Devices send again; nothing is lost",
    },
    {
      zh: "看本机有没有别的程序在大量写盘; 没有就准备换存储卡",
      en: "Look for another program that writes a lot; if there is none, get a new disk ready",
    },
  ),
  row(
    "E004",
    "gateway",
    "degraded",
    {
      zh: "磁盘快满了[, 还剩 {freeMB} MB][, 底线 {floorMB} MB][, {since} 起]",
      en: "The disk is nearly full[, {freeMB} MB left][, {floorMB} MB must stay free][, since {since}]",
    },
    {
      zh: "删去本机上不属于网关的大文件; 数据文件夹不要动",
      en: "Remove large files that do not belong to the gateway; leave its data folder alone",
    },
  ),
  row(
    "E005",
    "gateway",
    "degraded",
    {
      zh: "本机空间不够, 有 {count} 条最旧的数据没发出就删了[, 最近一次 {since}]; 每个测点丢了多少都记下并报平台",
      en: "Space ran out and {count} of the oldest records were dropped before they were sent[, last at {since}]; how many of which point is recorded and told to the platform",
    },
    {
      zh: "先让平台恢复接收; 再加大 buffer.quota 或换大盘",
      en: "Get the platform to receive again; then raise buffer.quota or fit a larger disk",
    },
  ),
  row(
    "E006",
    "gateway",
    "down",
    {
      zh: "本机给数据的空间用完了[ ({gB} GB)][, {since} 起]。平台一直没有确认, 已存的都在; 新的测量暂不应答, 报警照常",
      en: "The space for data is used up[ ({gB} GB)][, since {since}]. The platform has not confirmed; what is stored stays, new measurements get no acknowledgement, alarms go on",
    },
    {
      zh: "先让上行恢复: 看下面上行的原因; 硬盘还有空间时, 在 buffer: 里调大 quota",
      en: "Bring the uplink back first: see its reason below; if the disk has room, raise quota in buffer:",
    },
  ),
  row(
    "E007",
    "gateway",
    "ok",
    {
      zh: "网关的时钟[在 {since} ]跳了[: 往前 {forward} 秒][: 往回 {back} 秒]; 之前几分钟的数据时间可能不准",
      en: "The gateway's clock jumped[ at {since}][: {forward} s forward][: {back} s back]; times of data from the minutes before may be wrong",
    },
    {
      zh: "只跳一次不用管; 天天跳就换网关主板上的时钟电池, 或换对时服务器",
      en: "Once is nothing; if it comes again, replace the clock battery on the gateway's board, or choose another time server",
    },
  ),
  row(
    "E008",
    "gateway",
    "degraded",
    {
      zh: "网关 {hours} 小时不知道准确时间[, {since} 起]。数据照存, 但没有时间; 对时服务器不通, 或主板时钟电池没电",
      en: "The gateway has not known the time for {hours} hours[, since {since}]. Data are kept without their time; the time server is out of reach, or the clock battery of the board is empty",
    },
    {
      zh: "在网关上运行 chronyc tracking (或 timedatectl), 把对时服务器设成能通的; 校内没有对时服务, 就用 date 设准时间, 再写 clock: trusted",
      en: "Run chronyc tracking (or timedatectl) on the gateway and set a time server that answers; without any, set the time with date and write clock: trusted",
    },
    [],
    { zh: "主板时钟电池 (多为 CR2032)", en: "a clock battery for the board (often CR2032)" },
  ),
  row(
    "E009",
    "gateway",
    "ok",
    {
      zh: "网关的时间是按平台的回执估的[, {since} 起], 可能差几秒",
      en: "The gateway takes its time from the platform's receipts[, since {since}]; it may be some seconds off",
    },
    {
      zh: "不急; 有空时给网关设一个对时服务器",
      en: "No hurry; give the gateway a time server when you can",
    },
  ),
  row(
    "E010",
    "gateway",
    "degraded",
    {
      zh: "本机给数据的空间, 照现在的写法只够再存 {days} 天[, {since} 起]。平台停得比这久就会丢数据",
      en: "At the present rate the space for data lasts {days} more days[, since {since}]. If the platform is away for longer, data will be lost",
    },
    {
      zh: "上行断着就先恢复上行; 上行正常就在 buffer: 里调大 quota, 硬盘不够就换大的",
      en: "If an uplink is down, bring it back first; if not, raise quota in buffer:, or fit a larger disk",
    },
  ),
  row(
    "E011",
    "gateway",
    "degraded",
    {
      zh: "新配置有 {count} 处错误[, 第一处 {place}], 没有采用[, {since} 起]。旧配置仍在运行",
      en: "The new configuration has {count} mistakes[, the first at {place}] and was not taken[, since {since}]. The old one keeps running",
    },
    { zh: "运行 campus-edge check, 逐条改", en: "Run campus-edge check and mend them one by one" },
  ),
  row(
    "E020",
    "gateway",
    "degraded",
    {
      zh: "本机的数据文件坏了[, {since} 发现], 已换新文件接着存; 旧文件里能读的都补发[, 已读 {percent} %]。多半是断电或存储卡快坏了",
      en: "The data file was damaged[, found at {since}]; a new one is in use, and what can be read of the old one is sent[, {percent} % read]. A power cut or a worn disk is the likely cause",
    },
    {
      zh: "不用到现场; 一个月内再出现就换存储卡, 常停电就加不间断电源",
      en: "No visit needed; if it comes again within a month, replace the disk; where the power fails often, fit a UPS",
    },
    [],
    { zh: "同规格的存储卡或硬盘", en: "a disk or card of the same kind" },
  ),
  row(
    "E021",
    "gateway",
    "degraded",
    {
      zh: "本机有 {count} 条数据读不出来, 没能发出[, 最近一次 {since}]; 已如实告诉平台",
      en: "{count} records could not be read from disk any more and were not sent[, last at {since}]; the platform was told",
    },
    {
      zh: "看 dmesg 有无 I/O 错误; 有就换存储卡",
      en: "Look for I/O errors in dmesg; if there are any, replace the disk",
    },
    [],
    { zh: "同规格的存储卡或硬盘", en: "a disk or card of the same kind" },
  ),
  row(
    "E022",
    "gateway",
    "degraded",
    {
      zh: "本机的数据文件不见了[, {since} 发现], 已建新文件接着存; 里面没发出的数据没有了",
      en: "The data file is gone[, found at {since}]; a new one is in use. What was in it and not yet sent is lost",
    },
    {
      zh: "问一下谁动过数据文件夹; 没人动过就看 dmesg 有无 I/O 错误",
      en: "Ask who touched the data folder; if nobody did, look for I/O errors in dmesg",
    },
  ),
  row(
    "E023",
    "gateway",
    "degraded",
    {
      zh: "命令的审计文件打不开[, {since} 起], 所以不做任何命令; 采集和上报照常",
      en: "The audit of commands cannot be opened[, since {since}], so no command is done; measuring and sending go on",
    },
    {
      zh: "用 ls -l 看数据文件夹里的 audit.jsonl, 改回网关用户所有, 再重启网关",
      en: "Look at audit.jsonl in the data folder with ls -l, give it back to the gateway's user, then restart the gateway",
    },
  ),
];

const history: ReasonRow[] = [
  row(
    "E540",
    "gateway",
    "degraded",
    {
      zh: "本机历史写不进去[ ({code})][, {since} 起]。存数据和上报照常, 只是 query 查不到这之后的",
      en: "The local history cannot be written[ ({code})][, since {since}]. Storing and sending go on; query only lacks what came since",
    },
    {
      zh: "用 df -h 看空间; 有空间就停下网关, 把数据文件夹里的 history.sqlite 移走, 再启动",
      en: "Look at the space with df -h; if there is some, stop the gateway, move history.sqlite out of the data folder, start again",
    },
  ),
  row(
    "E541",
    "gateway",
    "ok",
    {
      zh: "本机历史的文件坏了, {since} 起重新记; 旧的在数据文件夹里, 叫 history.sqlite.broken。存数据和上报没受影响",
      en: "The local history's file was damaged and begins anew since {since}; the old one is history.sqlite.broken in the data folder. Storing and sending were not touched",
    },
    {
      zh: "不用做什么; 若一周内又出现, 准备换存储卡",
      en: "Nothing to do; if it comes again within a week, get a new disk ready",
    },
  ),
];

const uplinks: ReasonRow[] = [
  row(
    "E501",
    "gateway",
    "degraded",
    {
      zh: "{subject} 已连接, 但 {minutes} 分钟没有确认; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} is connected but has confirmed nothing for {minutes} minutes; data stay here[, room for {days} days]",
    },
    {
      zh: "不用到现场; 把本行发给区里或平台",
      en: "No visit needed; forward this line to the district or the platform",
    },
  ),
  row(
    "E502",
    "gateway",
    "down",
    {
      zh: "{subject} 连不上: 域名查不到[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} is out of reach: its name is not found[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "看学校外网通不通; 通则核对域名和 DNS",
      en: "Check whether the school is online; if so, check the name and the DNS server",
    },
    ["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME"],
  ),
  row(
    "E503",
    "gateway",
    "down",
    {
      zh: "{subject} 连不上: 对方不应答或拒绝[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} is out of reach: no answer or refused[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "看学校外网通不通; 通则问平台是否在维护、防火墙是否放行",
      en: "Check whether the school is online; if so, ask the platform about maintenance and the firewall",
    },
    [
      "unreachable",
      "refused",
      "silent",
      "lost",
      "closed",
      "ended",
      "busy",
      "quota",
      "open-timeout",
      "ECONNREFUSED",
      "ECONNRESET",
      "ETIMEDOUT",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "EPIPE",
    ],
  ),
  row(
    "E504",
    "gateway",
    "down",
    {
      zh: "{subject} 的证书通不过[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "The certificate of {subject} is not accepted[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "先看网关时间对不对; 对则向平台要 CA 证书, 存进 secrets/, 写成 ca: secret:名字, 再 campus-edge apply",
      en: "Check the gateway's clock first; if right, ask the platform for its CA certificate, store it under secrets/, write ca: secret:NAME, then campus-edge apply",
    },
    [
      "tls",
      "CERT_HAS_EXPIRED",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    ],
  ),
  row(
    "E505",
    "gateway",
    "down",
    {
      zh: "{subject} 不认我们的账号[, {since} 起], 已停止重试; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} does not accept our credential[, since {since}] and is no longer tried; data stay here[, room for {days} days]",
    },
    {
      zh: "向平台核对账号, 把新密码存进 secrets/, 再运行 campus-edge apply",
      en: "Check the account with the platform, store the new secret under secrets/, then run campus-edge apply",
    },
    ["credential", "not-authorised", "banned"],
  ),
  row(
    "E506",
    "gateway",
    "degraded",
    {
      zh: "{subject} 拒收了 {count} 条数据[, 最近一次 {since}]; 都留在本机",
      en: "{subject} refused {count} records[, last at {since}]; they are kept here",
    },
    {
      zh: "不用到现场; 把本行发给平台, 问清原因后重发",
      en: "No visit needed; forward this line to the platform, then send them again",
    },
  ),
  row(
    "E507",
    "gateway",
    "down",
    {
      zh: "{subject} 一再拒收[ ({code})], 已停止发送[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} keeps refusing[ ({code})] and sending was stopped[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "不用到现场; 与平台核对学校标识码和数据格式, 改好后运行 campus-edge buffer retry",
      en: "No visit needed; check school id and format with the platform, then run campus-edge buffer retry",
    },
  ),
  row(
    "E508",
    "gateway",
    "degraded",
    {
      zh: "{subject} 的服务器连着, 但没有人订阅[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "The broker of {subject} is connected but nobody subscribes[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "不用到现场; 请平台启动接收程序",
      en: "No visit needed; ask the platform to start its receiver",
    },
    ["no-subscriber"],
  ),
  row(
    "E509",
    "gateway",
    "off",
    {
      zh: "{subject} 只收真实数据, {count} 条模拟数据留在本机",
      en: "{subject} takes real data only; {count} simulated records stay here",
    },
    {
      zh: "这是有意的; 测试平台要收模拟数据就写 accepts: any",
      en: "This is intended; for a test platform write accepts: any",
    },
  ),
  row(
    "E512",
    "gateway",
    "degraded",
    {
      zh: "{subject} 有一批数据没收下[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} did not take a batch[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "不用到现场; 半小时后还在就把本行发给平台",
      en: "No visit needed; if it lasts half an hour, forward this line to the platform",
    },
  ),
  row(
    "E513",
    "gateway",
    "down",
    {
      zh: "{subject} 不认我们的客户端名[ ({code})][, {since} 起]。多半另一台网关用了同一个; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} does not accept our client id[ ({code})][, since {since}]. Another gateway probably has the same; data stay here[, room for {days} days]",
    },
    {
      zh: "核对 school.gateway 和 clientId: 克隆过存储卡就给其中一台改名",
      en: "Check school.gateway and clientId: if a disk was cloned, rename one of the two",
    },
    ["client-id", "taken-over"],
  ),
  row(
    "E514",
    "gateway",
    "down",
    {
      zh: "{subject} 的服务器不合要求[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "The server of {subject} does not do what is needed[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "不用到现场; 向平台核对地址和 MQTT 5 支持",
      en: "No visit needed; check address and MQTT 5 with the platform",
    },
    ["version", "qos", "protocol", "moved"],
  ),
  row(
    "E515",
    "gateway",
    "down",
    {
      zh: "{subject} 要用的密码或证书读不出[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "A secret or certificate for {subject} cannot be read[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "把它重新存进 secrets/ (权限 0600), 再重启网关程序",
      en: "Store it again under secrets/ (mode 0600) and restart",
    },
    ["secret", "certificate"],
  ),
  row(
    "E519",
    "gateway",
    "down",
    {
      zh: "{subject} 断开[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} is not connected[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "看学校外网通不通; 通则把本行发给平台",
      en: "Check whether the school is online; if so, forward this line to the platform",
    },
  ),
  row(
    "E520",
    "gateway",
    "off",
    {
      zh: "{subject} 没到联系时间, {at} 起再送; 报警照送, 数据在本机[, 还能存 {days} 天]",
      en: "{subject} is outside its hours and goes on at {at}; alarms go at any time, data stay here[, room for {days} days]",
    },
    {
      zh: "不用管; 时间由它的 window 定, 各校错开几分钟",
      en: "Nothing to do; its window says when, and schools begin some minutes apart",
    },
  ),
  row(
    "E521",
    "gateway",
    "ok",
    {
      zh: "{subject} 断开时存下的 {count} 条旧数据 {at} 起补送; 新数据和报警照送",
      en: "{subject} gets the {count} records kept from before from {at} on; new data and alarms go as always",
    },
    {
      zh: "不用管; 时间由 backlog.window 定, 各校错开几分钟",
      en: "Nothing to do; backlog.window says when, and schools begin some minutes apart",
    },
  ),
  row(
    "E522",
    "gateway",
    "degraded",
    {
      zh: "{subject} 要我们先等等[, {since} 起][, 还要约 {minutes} 分钟]; 报警照送, 数据在本机[, 还能存 {days} 天]",
      en: "{subject} asks us to wait[, since {since}][, for {minutes} more min]; alarms are sent all the same, data stay here[, room for {days} days]",
    },
    {
      zh: "不用管, 到时自己再送; 一天后还在就把本行发给平台",
      en: "Nothing to do, it goes on by itself; if it lasts a day, forward this line to the platform",
    },
  ),
  row(
    "E523",
    "gateway",
    "degraded",
    {
      zh: "{subject} 的回执和送去的数据对不上[, {since} 起], 不能算确认; 数据在本机[, 还能存 {days} 天]",
      en: "The receipts of {subject} do not fit what was sent[, since {since}] and confirm nothing; data stay here[, room for {days} days]",
    },
    {
      zh: "不用到现场; 把本行发给平台, 请他们查接收程序",
      en: "No visit needed; forward this line to the platform: its receiver is at fault",
    },
    ["receipt"],
  ),
  row(
    "E524",
    "gateway",
    "down",
    {
      zh: "{subject} 的证书是另一个主机名的[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "The certificate of {subject} is for another host name[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "核对 url 里的主机名, 要写平台给的域名; 都对就问学校网管, 中间有没有上网认证或过滤设备",
      en: "Check the host in url: it must be the name that the platform gave; if it is, ask the school's network people about a login page or a filter on the way",
    },
    ["ERR_TLS_CERT_ALTNAME_INVALID"],
  ),
];

export const northReasons: readonly ReasonRow[] = [
  ...gateway,
  ...clockReasons,
  ...history,
  ...uplinks,
  ...httpsReasons,
];
