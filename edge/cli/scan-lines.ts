/**
 * What `scan` found, on screen: each with what is known of it, and the lines to paste for what stands in no file. Pure.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { Stranger } from "../../config/schema/status.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { dateTime } from "./moment.ts";
import { table } from "./table.ts";

/** A serial port, and the links that have it. */
export interface PortPlaced {
  device: string;
  lasting: string | null;
  belongsTo: "adapter" | "socket" | "board" | "console";
  model: string | null;
  links: readonly string[];
}

/** What a name belongs to, and so what must not be done. */
const belongs: Readonly<Record<PortPlaced["belongsTo"], Text>> = {
  adapter: { zh: "跟着转换器，换插孔也不变", en: "stays with the adapter, whatever socket it is in" },
  socket: { zh: "跟着 USB 插孔，不要换插孔", en: "stays with the USB socket: leave the adapter in it" },
  board: { zh: "主板上的串口", en: "on the board" },
  console: { zh: "系统控制台，不能接设备", en: "the console of this machine: not for devices" },
};

/** @param taken ids of links that the files have */
export function portLines(
  ports: readonly PortPlaced[],
  taken: ReadonlySet<string>,
  lang: Language,
): string[] {
  const say = (text: Text) => text[lang];
  if (ports.length === 0)
    return [
      say({ zh: "本机没有串口", en: "this machine has no serial port" }),
      say({
        zh: "  → 插上 USB 转换器再试；插着却没有，用 dmesg | tail 看内核认没认出它",
        en: "  → plug the USB adapter in and try again; if it is in, dmesg | tail tells whether the kernel knows it",
      }),
    ];
  const rows = ports.map(({ device, lasting, model, belongsTo, links }) => [
    lasting ?? device,
    links.length > 0 ? links.join(" ") : say({ zh: "没写进配置", en: "in no file" }),
    model ?? "",
    lasting === null
      ? say({ zh: "没有不变的名字：装上 udev", en: "no name that lasts: install udev" })
      : say(belongs[belongsTo]),
  ]);
  const free = ports.filter(({ links, belongsTo }) => links.length === 0 && belongsTo !== "console");
  const ids = Array.from({ length: taken.size + free.length }, (_, n) => `rs${n + 1}`).filter(
    (id) => !taken.has(id),
  );
  return [
    say({ zh: `本机有 ${ports.length} 个串口`, en: `serial ports of this machine: ${ports.length}` }),
    ...table(rows),
    ...(free.length === 0
      ? []
      : [
          "",
          say({
            zh: "没写进配置的，照抄到文件里（kind、baud、format 按设备手册改）：",
            en: "those in no file, to paste (kind, baud and format as the manual of the devices says):",
          }),
          "links:",
          ...free.map(
            ({ device, lasting }, n) =>
              `  ${ids[n]}: { kind: modbus-rtu, device: ${lasting ?? device}, baud: 9600, format: 8N1 }`,
          ),
        ]),
  ];
}

/** @param known ids of devices that the running gateway has */
export function strangerLines(
  strangers: readonly Stranger[],
  known: ReadonlySet<string>,
  lang: Language,
): string[] {
  const say = (text: Text) => text[lang];
  if (strangers.length === 0)
    return [
      say({
        zh: "没有人敲过门、被拒绝（网关启动以来）",
        en: "nobody knocked and was refused (since the gateway started)",
      }),
    ];
  const rows = strangers.map(({ link, client, address, code, times, last }) => [
    rowOf(code),
    client === "" ? "–" : client,
    address,
    link,
    say({ zh: `${times} 次`, en: times === 1 ? "once" : `${times} times` }),
    dateTime(last),
  ]);
  const newcomers = new Map(
    strangers
      .filter(({ code }) => newcomerCodes.has(rowOf(code)))
      .map(({ client, link }): [string, string] => [idOf(client), link])
      .filter(([id]) => id !== "" && !known.has(id)),
  );
  return [
    say({ zh: "被拒绝过的，新的在前：", en: "those who were refused, the newest first:" }),
    ...table(rows),
    say({ zh: "为什么、怎么办：campus-edge why 代码", en: "why, and what to do: campus-edge why CODE" }),
    ...(newcomers.size === 0
      ? []
      : [
          "",
          say({
            zh: "是你的、还没写进配置的，就照抄下面，填上型号和房间，密码存进 secrets/ 里的同名文件：",
            en: "what is yours and in no file yet, paste, with its model and room, and its password in the file of that name in secrets/:",
          }),
          "devices:",
          ...[...newcomers].map(
            ([id, link]) =>
              `  ${id}: { profile: ${say({ zh: "型号", en: "MODEL" })}, via: ${link}, user: ${id}, password: secret:${id}, space: ${say({ zh: "房间", en: "ROOM" })} }`,
          ),
        ]),
  ];
}

const rowOf = (code: string) => reasonFor(code, "E401").code;

/** Nobody of that name, or not with that password: how a device is refused that stands in no file. */
const newcomerCodes: ReadonlySet<string> = new Set(["E301", "E401"]);

/** What a client calls itself, as the id of a device; empty: nothing of it can be one. */
const idOf = (client: string) =>
  client
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64);
