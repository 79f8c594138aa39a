/**
 * Every fault of the driver of cameras, in one table: each has its code as `onvif.WORD`. A fault never repeats what a
 * camera sent.
 */
import type { Text, Value } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], retry: Fault["retry"], zh: string, en: string): Row => ({
  layer,
  retry,
  what: { zh, en },
});

export const onvifFaults = {
  silent: row("answer", "later", "在规定时间内没有答完", "no whole answer came in time"),
  // What came is not taken.
  noise: row(
    "frame",
    "later",
    "收到的不是 ONVIF 的应答（端口不对，或没有启用 ONVIF？）",
    "what came is no answer of ONVIF: is the port right, and ONVIF switched on?",
  ),
  large: row("frame", "later", "应答太长，已断开", "the answer is too long: hung up"),
  headers: row("frame", "later", "应答的 HTTP 头太长，已断开", "the HTTP headers are too long: hung up"),
  deep: row(
    "frame",
    "later",
    "应答的 XML 嵌套太深或元素太多，没有采用",
    "the XML is nested too deeply, or has too many elements: not taken",
  ),
  dtd: row(
    "frame",
    "later",
    "应答的 XML 带有 DTD 或实体定义，没有采用",
    "the XML brings a DTD or entities of its own: not taken",
  ),
  redirect: row(
    "frame",
    "later",
    "摄像机要转到别的地址，没有跟去",
    "it sends us to another address: not followed",
  ),
  foreign: row(
    "frame",
    "later",
    "摄像机给出的服务地址不能用，没有连接",
    "it names an address for a service that cannot be used: not contacted",
  ),
  value: row(
    "map",
    "later",
    "应答里没有这个测点的值，或不是它会有的值",
    "the answer holds no value that this point can have",
  ),
  // What the camera itself says.
  refused: row(
    "device",
    "later",
    "摄像机拒绝了这个请求，或不支持它",
    "the camera refused this request, or does not know it",
  ),
  events: row("device", "later", "收不到摄像机的事件（订阅没有成功）", "no events: the subscription failed"),
  // Access.
  password: row(
    "access",
    "never",
    "用户名或密码不对，不再尝试，直到密码文件改变",
    "user or password are wrong: not tried again until the secret changes",
  ),
  "hung-up": row(
    "access",
    "later",
    "一登录，摄像机就断开连接（密码不对，或账号已被锁定？）；过一阵再试，最长隔一小时",
    "it hangs up whenever we log in: is the password wrong, or the account locked? tried again after a while, an hour at most",
  ),
  "no-password": row(
    "access",
    "never",
    "摄像机要用户名和密码，线路里没有写",
    "the camera wants user and password, and its link has none",
  ),
  basic: row(
    "access",
    "never",
    "摄像机只肯用 Basic 登录，密码会明文传输，没有登录",
    "the camera takes nothing but Basic, which would show the password: not logged in",
  ),
  rights: row("access", "never", "这个用户没有权限问这一项", "this user may not ask for this"),
  secret: row("access", "never", "读不到密码文件", "the file of the password cannot be read"),
  serial: row(
    "access",
    "later",
    "序列号不是应有的，数据没有采用",
    "it shows another serial number than is expected; its values were not taken",
  ),
  "serial-missing": row(
    "access",
    "later",
    "没有报出序列号，数据没有采用",
    "it shows no serial number; its values were not taken",
  ),
} as const satisfies Record<string, Row>;

export type OnvifWord = keyof typeof onvifFaults;

export function onvifFault(
  word: OnvifWord,
  { point, facts }: { point?: string; facts?: Readonly<Record<string, Value>> } = {},
): Fault {
  const { layer, retry, what } = onvifFaults[word];
  return {
    code: `onvif.${word}`,
    layer,
    retry,
    ...(point === undefined ? {} : { point }),
    detail: what.en,
    ...(facts === undefined ? {} : { facts }),
  };
}

/** Why there is no answer, or none that is taken. */
export class OnvifError extends Error {
  readonly word: OnvifWord;
  readonly fault: Fault;
  constructor(word: OnvifWord, options?: ErrorOptions) {
    super(onvifFaults[word].what.en, options);
    this.name = "OnvifError";
    this.word = word;
    this.fault = onvifFault(word);
  }
}
