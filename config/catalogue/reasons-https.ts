/** What can be wrong with an uplink over HTTPS and with nothing else. */
import { type ReasonRow, row } from "./reason-row.ts";

export const httpsReasons: readonly ReasonRow[] = [
  row(
    "E530",
    "gateway",
    "down",
    {
      zh: "{subject} 的服务器上没有我们的地址[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "The server of {subject} has no such address for us[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "核对这个上行的 url 和 school: 里的 id、gateway; 都对就问平台有没有登记这台网关",
      en: "Check url of this uplink, and id and gateway under school:; if all are right, ask the platform whether this gateway is registered",
    },
    ["not-found"],
  ),
  row(
    "E531",
    "gateway",
    "down",
    {
      zh: "{subject} 那头的应答看不懂, 多半不是平台在应答[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "What answers for {subject} cannot be understood; it is probably not the platform[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "核对 url 的主机和端口; 都对就问学校网管, 中间有没有上网认证或过滤设备",
      en: "Check host and port of url; if both are right, ask the school's network people about a login page or a filter on the way",
    },
    ["answer"],
  ),
  row(
    "E532",
    "gateway",
    "down",
    {
      zh: "{subject} 的地址被转到别处, 程序不会跟着去[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} points to another address, which is not followed[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "先看学校上网要不要登录认证; 不要就向平台问新地址, 写进 url",
      en: "See whether the school's network wants a login first; if not, ask the platform for its address and put it into url",
    },
    ["redirected"],
  ),
  row(
    "E533",
    "gateway",
    "down",
    {
      zh: "去 {subject} 的代理不通或不让过[ ({code})][, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "The proxy on the way to {subject} is out of reach or lets nothing through[ ({code})][, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "找学校网管核对代理的地址、用户名和密码, 请他放行平台的地址",
      en: "Check address, user and password of the proxy with the school's network people, and have them let the platform's address through",
    },
    ["proxy", "proxy-credential"],
  ),
  row(
    "E534",
    "gateway",
    "down",
    {
      zh: "{subject} 读不了压缩的数据[, {since} 起]; 数据在本机[, 还能存 {days} 天]",
      en: "{subject} does not read compressed batches[, since {since}]; data stay here[, room for {days} days]",
    },
    {
      zh: "在这个上行里写 compress: none, 再运行 campus-edge apply",
      en: "Write compress: none for this uplink, then run campus-edge apply",
    },
    ["encoding"],
  ),
];
