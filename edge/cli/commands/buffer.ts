/**
 * `buffer`: what is stored here and not yet confirmed, what was refused, and carrying records by hand. Everything is
 * asked of the running gateway; no file of its own is opened.
 */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { nearest } from "../../../config/load/nearest.ts";
import { statusSchema } from "../../../config/schema/status.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { fetchStatus, postBuffer } from "../../../gateway/status/client.ts";
import {
  type BufferAsk,
  bufferCarriedSchema,
  bufferCarrySchema,
  bufferListSchema,
  bufferLookSchema,
  bufferRefusalSchema,
  bufferRetrySchema,
} from "../../agent/index.ts";
import { bufferLines, listLines } from "../buffer-lines.ts";
import { type Piece, type Written, writeBundle } from "../bundle-file.ts";
import { exit, type Options, type Setting } from "../io.ts";
import { ask, type Door, findDoor, refused } from "./status.ts";

const words = ["list", "retry", "export", "import"] as const;
type Word = (typeof words)[number];
type Look = z.infer<typeof bufferLookSchema>;

export async function command(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const { argument } = options;
  const say = (what: Text, fix: Text) => refused(setting, door.lang, what, fix);
  if (argument !== undefined && !words.includes(argument as Word)) {
    const near = nearest(String(argument), words);
    return say(
      {
        zh: `buffer 后面不能写“${String(argument).slice(0, 40)}”`,
        en: `buffer knows no "${String(argument).slice(0, 40)}"`,
      },
      near === undefined
        ? {
            zh: "可以写 list、retry、export、import，或不写",
            en: "write list, retry, export or import, or nothing",
          }
        : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
    );
  }
  const look = await question(setting, door, { do: "look" }, bufferLookSchema);
  if (look === null) return exit.cannot;
  if (argument === "import") return importReceipt(setting, door, options);
  if (argument === undefined) return show(setting, door, look);
  const uplink = chosen(look, options, argument === "export" ? "waiting" : "quarantined");
  if (typeof uplink !== "string") return say(...uplink);
  switch (argument as Word) {
    case "list":
      return list(setting, door, uplink);
    case "retry":
      return retry(setting, door, uplink, options);
    default:
      return exportBundle(setting, door, look, uplink, options);
  }
}

async function show(setting: Setting, door: Door, look: Look): Promise<number> {
  const status = await ask(setting, door, fetchStatus, statusSchema);
  if (status === null) return exit.cannot;
  if (setting.json) setting.out(JSON.stringify({ ...look, journal: status.journal }));
  else for (const line of bufferLines(look, status, door.lang)) setting.out(line);
  return exit.well;
}

async function list(setting: Setting, door: Door, uplink: string): Promise<number> {
  const found = await question(setting, door, { do: "list", uplink }, bufferListSchema);
  if (found === null) return exit.cannot;
  if (setting.json) setting.out(JSON.stringify(found));
  else for (const line of listLines(uplink, found, door.lang)) setting.out(line);
  return found.codes.length === 0 ? exit.well : exit.findings;
}

async function retry(setting: Setting, door: Door, uplink: string, { code }: Options): Promise<number> {
  const asked: BufferAsk = { do: "retry", uplink, ...(typeof code === "string" ? { code } : {}) };
  const done = await question(setting, door, asked, bufferRetrySchema);
  if (done === null) return exit.cannot;
  if (setting.json) setting.out(JSON.stringify(done));
  else if (done.rows === 0)
    setting.out(
      {
        zh: `没有要重发的。看被拒的：campus-edge buffer list --uplink ${uplink}`,
        en: `nothing to send again. What was refused: campus-edge buffer list --uplink ${uplink}`,
      }[door.lang],
    );
  else
    setting.out(
      {
        zh: `${done.rows} 条排进重发了，平台会再判一次。过一分钟看结果：campus-edge buffer list --uplink ${uplink}`,
        en: `${done.rows} records are to be sent again and judged once more. In a minute: campus-edge buffer list --uplink ${uplink}`,
      }[door.lang],
    );
  return exit.well;
}

async function exportBundle(
  setting: Setting,
  door: Door,
  look: Look,
  uplink: string,
  options: Options,
): Promise<number> {
  const { lang } = door;
  const { waiting = 0, filter = "" } = look.uplinks.find(({ id }) => id === uplink) ?? {};
  const from = placeOf(options.after);
  if (from === undefined) return refused(setting, lang, ...badPlace);
  const { school, gateway, at } = look;
  const path = await target(
    String(options.file ?? "."),
    `${school}-${gateway}-${uplink}-${stamp(at)}.bundle.gz`,
  );
  if (path === null) return refused(setting, lang, ...noFolder(String(options.file)));
  let after = from;
  let failed = false;
  async function* pieces(): AsyncIterable<Piece> {
    while (!setting.signal.aborted) {
      const asked = { do: "carry", uplink, filter, after } as const;
      const piece = await question(setting, door, asked, bufferCarrySchema);
      if (piece === null) failed = true;
      if (piece === null || piece.batch === null) return;
      yield { batch: piece.batch, records: piece.records };
      after = piece.after;
    }
    failed = true;
  }
  let told = performance.now();
  const progress = ({ records }: Written) => {
    if (setting.json || performance.now() - told < 2000) return;
    told = performance.now();
    setting.err({ zh: `已写 ${records} 条…`, en: `${records} records written…` }[lang]);
  };
  let written: Written;
  try {
    written = await writeBundle(path, { school, gateway, uplink, filter, at }, pieces(), progress);
  } catch (error) {
    return refused(setting, lang, ...cannotWrite(path, (error as Error).message));
  }
  const next = after === null ? null : `${after.epoch}:${after.seq}`;
  if (setting.json) setting.out(JSON.stringify({ file: path, ...written, whole: !failed, next }));
  else for (const line of exported(path, written, waiting, next, failed, lang === "zh")) setting.out(line);
  if (failed) return exit.cannot;
  return written.full ? exit.findings : exit.well;
}

async function importReceipt(setting: Setting, door: Door, { file }: Options): Promise<number> {
  const { lang } = door;
  if (typeof file !== "string") return refused(setting, lang, ...noReceiptNamed);
  let receipt: string;
  try {
    if ((await stat(file)).size > 1_000_000) return refused(setting, lang, ...notAReceipt);
    receipt = await readFile(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return refused(setting, lang, ...(code === "ENOENT" ? noFile(file) : cannotRead(file, message)));
  }
  const done = await question(setting, door, { do: "carried", receipt }, bufferCarriedSchema);
  if (done === null) return exit.cannot;
  if (setting.json) setting.out(JSON.stringify(done));
  else
    setting.out(
      {
        zh: `✓ ${done.uplink}：平台确认了 ${done.settled} 条（按规则不发的也算在内）${done.rejected > 0 ? `，其中拒收 ${done.rejected} 条（campus-edge buffer list 看原因）` : ""}${done.skipped > 0 ? `；${done.skipped} 段早已确认，或前面还缺一份回执` : ""}`,
        en: `✓ ${done.uplink}: the platform confirmed ${done.settled} records (those withheld by rule are among them)${done.rejected > 0 ? `, ${done.rejected} of them refused (campus-edge buffer list says why)` : ""}${done.skipped > 0 ? `; ${done.skipped} parts were confirmed before, or an earlier receipt is missing` : ""}`,
      }[lang],
    );
  return exit.well;
}

/** Asks, and says what was refused; null then. */
async function question<T>(
  setting: Setting,
  door: Door,
  asked: BufferAsk,
  schema: z.ZodType<T>,
): Promise<T | null> {
  const post = (socket: string, signal: AbortSignal) => postBuffer(socket, asked, signal);
  const answer = await ask(setting, door, post, schema.or(bufferRefusalSchema));
  if (answer === null) return null;
  const refusal = bufferRefusalSchema.safeParse(answer);
  if (!refusal.success) return answer as T;
  refused(setting, door.lang, ...refusals[refusal.data.error.code]);
  return null;
}

/** The uplink that was named, or the only one. */
function chosen(
  { uplinks }: Look,
  { uplink }: Options,
  most: "waiting" | "quarantined",
): string | [what: Text, fix: Text] {
  const ids = uplinks.map(({ id }) => id);
  const list = ids.join(", ");
  const probable = [...uplinks].sort((a, b) => b[most] - a[most])[0]?.id;
  if (ids.length === 0)
    return [
      { zh: "这个网关没有上行", en: "this gateway has no uplink" },
      { zh: "在配置里写 uplinks:", en: "write uplinks: in its configuration" },
    ];
  if (uplink === undefined && ids.length === 1) return ids[0] as string;
  if (uplink === undefined)
    return [
      { zh: `有 ${ids.length} 个上行：${list}`, en: `there are ${ids.length} uplinks: ${list}` },
      { zh: `写 --uplink ${probable}`, en: `write --uplink ${probable}` },
    ];
  if (ids.includes(String(uplink))) return String(uplink);
  const near = nearest(String(uplink), ids);
  return [
    {
      zh: `没有上行“${String(uplink).slice(0, 64)}”`,
      en: `there is no uplink "${String(uplink).slice(0, 64)}"`,
    },
    near === undefined
      ? { zh: `有：${list}`, en: `there are: ${list}` }
      : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
  ];
}

/** `EPOCH:SEQ`; null: from the beginning; undefined: it is none. */
function placeOf(after: string | boolean | undefined): { epoch: string; seq: number } | null | undefined {
  if (after === undefined) return null;
  const [, epoch, seq] = /^([0-9a-f]{20}):(\d{1,15})$/.exec(String(after)) ?? [];
  return epoch === undefined ? undefined : { epoch, seq: Number(seq) };
}

/** Where the file is to be; null: its folder is not there. */
async function target(path: string, name: string): Promise<string | null> {
  const isFolder = async (folder: string) =>
    stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isFolder(path)) return join(resolve(path), name);
  return (await isFolder(resolve(path, ".."))) ? resolve(path) : null;
}

const stamp = (at: number | null) =>
  new Date(at ?? Date.now()).toISOString().slice(0, 19).replace(/[-:]/g, "");

function exported(
  path: string,
  { records, bytes, full }: Written,
  waiting: number,
  next: string | null,
  failed: boolean,
  zh: boolean,
): string[] {
  const size = `${Math.max(0.1, Math.round(bytes / 1e5) / 10)} MB`;
  const lines = [
    zh ? `✓ ${records} 条写进 ${path}（${size}）` : `✓ ${records} records are in ${path} (${size})`,
  ];
  if (full || failed)
    lines.push(
      zh
        ? `${failed ? "没有导完" : "盘满了"}，约 ${Math.max(0, waiting - records)} 条没写。接着导：campus-edge buffer export --after ${next} --file 另一个盘`
        : `${failed ? "it was interrupted" : "the disk is full"}; about ${Math.max(0, waiting - records)} records are left. Go on: campus-edge buffer export --after ${next} --file ANOTHER`,
    );
  lines.push(
    zh
      ? "文件交给平台；拿到回执以前，本机一条也不删。回执：campus-edge buffer import --file 回执文件"
      : "Give the file to the platform; nothing is deleted here before its receipt. Then: campus-edge buffer import --file RECEIPT",
  );
  return lines;
}

const refusals: Record<z.infer<typeof bufferRefusalSchema>["error"]["code"], [what: Text, fix: Text]> = {
  "bad-request": [
    { zh: "网关看不懂这个文件或要求", en: "the gateway does not understand this file or request" },
    {
      zh: "import 要平台给的回执文件（.json）；别的就是两边版本不同，重启网关",
      en: "import takes the platform's receipt (.json); else the versions differ: restart the gateway",
    },
  ],
  "no-uplink": [
    { zh: "网关没有这个上行", en: "the gateway has no such uplink" },
    { zh: "campus-edge buffer 列出了有哪些", en: "campus-edge buffer lists them" },
  ],
  "no-key": [
    {
      zh: "配置里没有这个上行的 carryKey，认不出回执是不是平台签的",
      en: "this uplink has no carryKey, so nobody can tell whether the platform signed this receipt",
    },
    {
      zh: "向平台要公钥，写在 uplinks: 那一项的 carryKey:，再 campus-edge apply",
      en: "ask the platform for its public key, write it as carryKey: of the uplink, then campus-edge apply",
    },
  ],
  "not-ours": [
    { zh: "这份回执是另一个学校或网关的", en: "this receipt is another school's or gateway's" },
    { zh: "换成本机的回执文件", en: "take the file for this gateway" },
  ],
  signature: [
    {
      zh: "签名不对：文件改过，或不是配置里那个平台签的。什么也没动",
      en: "the signature is wrong: the file was changed, or another platform signed it. Nothing was touched",
    },
    {
      zh: "向平台重新要回执；平台换过公钥就更新 carryKey",
      en: "ask the platform for the receipt again; if it has a new key, update carryKey",
    },
  ],
  "other-filter": [
    {
      zh: "导出以后，这个上行发什么（send:、accepts:）改过了：当时没发的，文件里没有。什么也没动",
      en: "what this uplink sends (send:, accepts:) was changed since the export: what was left out then is not in the file. Nothing was touched",
    },
    {
      zh: "再导出一次：campus-edge buffer export；平台已有的不会重复",
      en: "export again: campus-edge buffer export; nothing will be there twice",
    },
  ],
  "store-down": [
    { zh: "网关现在读写不了自己的数据", en: "the gateway cannot use its store now" },
    { zh: "先看 campus-edge why E002", en: "see campus-edge why E002 first" },
  ],
};

const badPlace: [what: Text, fix: Text] = [
  { zh: "--after 写得不对", en: "--after is not understood" },
  { zh: "照上次导出时最后给出的那样写", en: "write it as the last export told" },
];
const noReceiptNamed: [what: Text, fix: Text] = [
  { zh: "没写回执文件", en: "no receipt was named" },
  { zh: "写 --file 回执文件", en: "write --file RECEIPT" },
];
const notAReceipt: [what: Text, fix: Text] = [
  { zh: "这个文件太大，不会是回执", en: "this file is too large to be a receipt" },
  {
    zh: "导出的 .bundle.gz 交给平台；import 要平台给的回执",
    en: "the .bundle.gz is for the platform; import takes its receipt",
  },
];
const noFolder = (path: string): [what: Text, fix: Text] => [
  { zh: `没有文件夹 ${path.slice(0, 200)}`, en: `there is no folder ${path.slice(0, 200)}` },
  { zh: "U 盘插好了吗？用 lsblk 看挂在哪里", en: "is the stick mounted? lsblk shows where" },
];
const cannotWrite = (path: string, detail: string): [what: Text, fix: Text] => [
  { zh: `写不了 ${path}：${detail}`, en: `cannot write ${path}: ${detail}` },
  {
    zh: "看盘是否写保护、是否有权限，再导一次；本机数据没有动",
    en: "look at write protection and rights, then export again; nothing here was touched",
  },
];
const noFile = (path: string): [what: Text, fix: Text] => [
  { zh: `没有文件 ${path.slice(0, 200)}`, en: `there is no file ${path.slice(0, 200)}` },
  {
    zh: "核对文件名；在 U 盘上就看盘插好没有",
    en: "check its name; on a stick, see whether that is mounted",
  },
];
const cannotRead = (path: string, detail: string): [what: Text, fix: Text] => [
  { zh: `读不了 ${path.slice(0, 200)}：${detail}`, en: `cannot read ${path.slice(0, 200)}: ${detail}` },
  { zh: "看文件名和权限", en: "look at its name and rights" },
];
