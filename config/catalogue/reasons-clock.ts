/** Reasons about what time it is: the gateway's clock against time servers, platforms and certificates. */
import { type ReasonRow, row } from "./reason-row.ts";

export const clockReasons: readonly ReasonRow[] = [
  row(
    "E012",
    "gateway",
    "degraded",
    {
      zh: "平台的时间比网关[快 {ahead} 分钟][慢 {behind} 分钟][, {since} 起], 两边有一边不对。网关不跟着改, 数据照存照发",
      en: "The platform's clock is[ {ahead} minutes ahead of][ {behind} minutes behind] the gateway's[, since {since}]: one of the two is wrong. The gateway does not follow; data are kept and sent",
    },
    {
      zh: "看手机上的时间: 网关错了就用 date 设准, 或让它能对时; 网关没错就告诉平台",
      en: "Compare with a phone: if the gateway is wrong, set it with date or give it a time server; if it is right, tell the platform",
    },
  ),
  row(
    "E013",
    "gateway",
    "ok",
    {
      zh: "网关对时断了[, {since} 起], 现在靠自己走时, 一天可能差几秒",
      en: "The gateway has lost its time server[, since {since}] and goes by its own clock, which may be some seconds off after a day",
    },
    {
      zh: "外网断了就等它恢复; 外网好的就查对时服务 (chronyc sources 或 timedatectl)",
      en: "If the school is offline, wait; if not, look at the time service (chronyc sources or timedatectl)",
    },
  ),
  row(
    "E014",
    "gateway",
    "degraded",
    {
      zh: "网关的时钟显示[ {shows}], 不可能[, {since} 起]。数据照存, 时间等设准后再补; 多半主板时钟电池没电",
      en: "The gateway's clock shows[ {shows}], which cannot be[, since {since}]. Data are kept and dated once it is set; the clock battery of the board is probably empty",
    },
    {
      zh: "用 date 把网关时间设准, 不用重启; 断电后又错就换电池",
      en: "Set the time with date, no restart is needed; if it is wrong again after a power cut, replace the battery",
    },
    [],
    { zh: "主板时钟电池 (多为 CR2032)", en: "a clock battery for the board (often CR2032)" },
  ),
  row(
    "E015",
    "gateway",
    "down",
    {
      zh: "{subject} 连不上[, {since} 起]: 照网关的时钟看, 它的证书还没到生效日期; 多半是网关的时钟落后了。数据在本机[, 还能存 {days} 天]",
      en: "{subject} is out of reach[, since {since}]: by the gateway's clock its certificate is not valid yet, so that clock is probably behind; data stay here[, room for {days} days]",
    },
    {
      zh: "在网关上用 date 看时间, 错了就设准 (或修好对时), 会自动重连; 时间没错就告诉平台",
      en: "Look at the time with date on the gateway; if it is wrong, set it (or mend the time service): it connects by itself; if it is right, tell the platform",
    },
    ["CERT_NOT_YET_VALID"],
  ),
];
