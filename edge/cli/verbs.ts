import type { Text } from "../../config/schema/vocabulary.ts";
import type { Options, Setting } from "./io.ts";

/** One option of a verb, beside those that all verbs take. */
export interface VerbOption {
  name: string;
  /** Name of its value in the help; absent: a flag. */
  value?: string;
  text: Text;
}

export interface Verb {
  name: string;
  /** On the first screen of the help. */
  first: boolean;
  text: Text;
  /** One word that may follow the verb; the command finds it in its options as `argument`. */
  argument?: { name: string; text: Text };
  /** One more behind it, found as `second`. */
  second?: { name: string; text: Text };
  /** Any more behind that, found as `rest`, one a line. */
  rest?: { name: string; text: Text };
  options: readonly VerbOption[];
  /** Absent: named in the help, not in this version. */
  load?: () => Promise<{ command: (setting: Setting, options: Options) => Promise<number> }>;
}

const later = (name: string, first: boolean, zh: string, en: string): Verb => ({
  name,
  first,
  text: { zh, en },
  options: [],
});

const dataOption: VerbOption = {
  name: "data",
  value: "DIR",
  text: { zh: "数据文件夹（默认由配置决定）", en: "data folder (default: as the configuration says)" },
};

/** Every verb there is or will be; the order is the order of the help. */
export const verbs: readonly Verb[] = [
  later("init", true, "新建一所学校的配置", "start a school's configuration"),
  {
    name: "scan",
    first: true,
    text: {
      zh: "找出串口、线上的设备、摄像机、敲门的设备，给出可照抄的配置",
      en: "find serial ports and devices, with the lines to paste",
    },
    argument: {
      name: "WHAT",
      text: {
        zh: "serial、mqtt、modbus、dlt645、onvif 或 pjlink；不写就列出能找什么",
        en: "serial, mqtt, modbus, dlt645, onvif or pjlink; alone: lists what can be found",
      },
    },
    second: {
      name: "LINK",
      text: { zh: "modbus、dlt645：只找这条线路", en: "modbus, dlt645: this link alone" },
    },
    options: [
      {
        name: "speeds",
        text: {
          zh: "modbus、dlt645：也试别的波特率和格式，线路暂停采集",
          en: "modbus, dlt645: other speeds and formats as well; the line is not polled meanwhile",
        },
      },
      dataOption,
    ],
    load: () => import("./commands/scan.ts"),
  },
  {
    name: "assign",
    first: true,
    text: {
      zh: "给 RS-485 设备写地址和波特率：assign rs1 --profile jxct-th --from 1@4800 --to 12@9600",
      en: "give an RS-485 device its number and speed: assign rs1 --profile jxct-th --from 1@4800 --to 12@9600",
    },
    argument: {
      name: "LINK",
      text: {
        zh: "哪条线路；线上只能有一台还没改的设备",
        en: "which link; one device alone on it may have the old number",
      },
    },
    options: [
      {
        name: "profile",
        value: "PROFILE",
        text: { zh: "设备型号；有几种的写 型号:种类", en: "its profile, or PROFILE:VARIANT" },
      },
      {
        name: "from",
        value: "N@BAUD",
        text: {
          zh: "现在的地址和波特率，例如 1@4800 或 1@9600/8E1；不写就按出厂的",
          en: "its number and speed now, such as 1@4800 or 1@9600/8E1; absent: as it is delivered",
        },
      },
      {
        name: "to",
        value: "N@BAUD",
        text: {
          zh: "要改成的，例如 12@9600；不写波特率就和线路一样",
          en: "those that it gets, such as 12@9600; without speed: that of the link",
        },
      },
      {
        name: "no-power",
        text: {
          zh: "不验证断电后是否还在（够不着设备的电源时）",
          en: "do not verify that it keeps it without power (where its power is out of reach)",
        },
      },
      {
        name: "replace",
        text: {
          zh: "新地址在配置里已有设备：这一台取代它",
          en: "the new number is that of a device of the files, whose place it takes",
        },
      },
      { name: "yes", text: { zh: "不问，直接写", en: "write without asking" } },
      dataOption,
    ],
    load: () => import("./commands/assign.ts"),
  },
  later("probe", true, "现在就问一台设备", "ask one device now"),
  {
    name: "check",
    first: true,
    text: { zh: "检查配置，一次列出所有问题", en: "check the configuration: all problems at once" },
    argument: {
      name: "DEVICE",
      text: {
        zh: "只看这台设备：每个值是多少、写在哪里",
        en: "this device alone: each of its values and where it is written",
      },
    },
    options: [],
    load: () => import("./commands/check.ts"),
  },
  {
    name: "apply",
    first: true,
    text: { zh: "让改好的配置生效", en: "put the changed configuration to work" },
    options: [
      {
        name: "dry-run",
        text: { zh: "只看会变什么，什么也不动", en: "only show what would change; touch nothing" },
      },
      { name: "yes", text: { zh: "不问，直接生效", en: "do it without asking" } },
      dataOption,
    ],
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "why",
    first: true,
    text: { zh: "哪里不好、为什么、先做什么", en: "what is wrong, why, and what to do first" },
    argument: {
      name: "SUBJECT",
      text: {
        zh: "设备、线路、上行、房间或代码；不写就说最要紧的一件",
        en: "device, link, uplink, room or code; absent: the worst of all",
      },
    },
    options: [dataOption],
    load: () => import("./commands/why.ts"),
  },
  {
    name: "status",
    first: true,
    text: { zh: "看正在运行的网关现在怎样", en: "how the running gateway is" },
    argument: {
      name: "DEVICE",
      text: {
        zh: "只看这台设备（带每个测点的最新值）、这条线路或这台串口服务器",
        en: "this device alone, with the last value of each point; or this link, or serial server",
      },
    },
    options: [dataOption],
    load: () => import("./commands/status.ts"),
  },
  {
    name: "send",
    first: true,
    text: { zh: "让设备做一件事，并读回", en: "make a device do something, and read it back" },
    argument: {
      name: "DEVICE",
      text: { zh: "哪台设备；只写它就列出它能做什么", en: "which device; alone: lists what it can do" },
    },
    second: { name: "ACTION", text: { zh: "做什么，例如 power-off", en: "what to do, such as power-off" } },
    rest: {
      name: "NAME=VALUE",
      text: { zh: "参数，例如 setpoint=26", en: "arguments, such as setpoint=26" },
    },
    options: [
      { name: "why", value: "TEXT", text: { zh: "为什么，记入审计", en: "why, for the audit" } },
      { name: "during-lesson", text: { zh: "上课时也做", en: "also during a lesson" } },
      dataOption,
    ],
    load: () => import("./commands/send.ts"),
  },
  {
    name: "run",
    first: false,
    text: { zh: "运行网关，直到收到停止信号", en: "run the gateway until it is told to stop" },
    options: [],
    load: () => import("./commands/run.ts"),
  },
  {
    name: "demo",
    first: false,
    text: {
      zh: "在本机演示一所模拟学校，不需要任何设备",
      en: "show a simulated school on this machine; needs no device",
    },
    options: [
      {
        name: "rooms",
        value: "N",
        text: { zh: "教室数，1 到 120（默认 40）", en: "rooms, 1 to 120 (default 40)" },
      },
      {
        name: "seed",
        value: "N",
        text: { zh: "换一个数就是另一所学校（默认 1）", en: "another number is another school (default 1)" },
      },
      {
        name: "speed",
        value: "N",
        text: {
          zh: "教室里的时间快多少倍，1 到 3600（默认 10）",
          en: "how many times faster the rooms live, 1 to 3600 (default 10)",
        },
      },
      {
        name: "seconds",
        value: "N",
        text: { zh: "演示多少秒后停止（默认一直）", en: "stop after so many seconds (default: never)" },
      },
      {
        name: "listen",
        value: "HOST:PORT",
        text: {
          zh: "状态页地址（默认本机 8080 端口，被占用时自动换）",
          en: "address of the status page (default: port 8080 of this machine alone, another one when taken)",
        },
      },
    ],
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "simulate",
    first: false,
    text: {
      zh: "在本机模拟一所学校的设备和平台；让它出故障",
      en: "simulate a school's devices and platform on this machine; make things go wrong in it",
    },
    argument: {
      name: "SCENE",
      text: {
        zh: "primary-12、primary-40、junior-120 或自己的 .yaml；不写就列出；写 fault 让正在运行的那所出故障",
        en: "primary-12, primary-40, junior-120 or a .yaml of your own; absent: lists them; fault: something goes wrong in the one that runs",
      },
    },
    second: {
      name: "FAULT",
      text: {
        zh: "fault 后面写故障名；不写就列出；none 取消全部",
        en: "behind fault: which one; absent: lists them; none takes all back",
      },
    },
    options: [
      {
        name: "into",
        value: "DIR",
        text: {
          zh: "配置写到哪个文件夹（默认 simulated-school）",
          en: "folder for the gateway's configuration (default simulated-school)",
        },
      },
      { name: "room", value: "ROOM", text: { zh: "故障在哪间", en: "room of a fault" } },
      { name: "floor", value: "N", text: { zh: "故障在哪层", en: "floor of a fault" } },
      { name: "device", value: "ID", text: { zh: "哪台设备的故障", en: "device of a fault" } },
      {
        name: "rate",
        value: "N",
        text: { zh: "broker-flood：每秒几条", en: "broker-flood: messages a second" },
      },
      { name: "count", value: "N", text: { zh: "strangers：几台", en: "strangers: how many" } },
      {
        name: "how",
        value: "HOW",
        text: {
          zh: "misbehaves：怎样不对，例如 no-answer",
          en: "misbehaves: in which way, such as no-answer",
        },
      },
      {
        name: "by",
        value: "TIME",
        text: { zh: "clock-jump：跳多少，例如 -3d", en: "clock-jump: how far, such as -3d" },
      },
      {
        name: "for",
        value: "TIME",
        text: {
          zh: "多久后恢复，例如 2min（默认一直）",
          en: "how long it stays, such as 2min (default: until taken back)",
        },
      },
    ],
    load: () => import("./commands/simulate.ts"),
  },
  later("secret", false, "存入密码（不回显）", "store a secret (without echo)"),
  later("doctor", false, "检查这台机器", "check this machine"),
  {
    name: "buffer",
    first: false,
    text: {
      zh: "本机存着多少；看和重发被拒的；用 U 盘带走",
      en: "what is stored here; see and send again what was refused; carry it by hand",
    },
    argument: {
      name: "WHAT",
      text: {
        zh: "list 看被拒的，retry 再发一次，export 导出到文件，import 读入平台的回执；不写就看总数",
        en: "list: what was refused; retry: send it again; export: to a file; import: the platform's receipt; absent: the totals",
      },
    },
    options: [
      {
        name: "uplink",
        value: "ID",
        text: { zh: "哪个上行；只有一个时不用写", en: "which uplink; not needed when there is one" },
      },
      {
        name: "code",
        value: "CODE",
        text: { zh: "retry：只重发因这个代码被拒的", en: "retry: only what was refused with this code" },
      },
      {
        name: "file",
        value: "PATH",
        text: {
          zh: "export：写到这个文件或文件夹（例如 U 盘）；import：读这个文件",
          en: "export: to this file or folder, such as a USB stick; import: this file",
        },
      },
      {
        name: "after",
        value: "PLACE",
        text: {
          zh: "export：从上一个文件的结尾接着导（上次会告诉你怎么写）",
          en: "export: go on where the last file ended (which told you what to write here)",
        },
      },
      dataOption,
    ],
    load: () => import("./commands/buffer.ts"),
  },
  {
    name: "report",
    first: false,
    text: {
      zh: "目录（测点和原因），编辑器用的格式说明；录一条线路",
      en: "the catalogue (points and reasons), schemas for editors; a recording of a link",
    },
    argument: { name: "NAME", text: { zh: "哪一份；不写就列出有哪些", en: "which one; absent: their list" } },
    second: { name: "LINK", text: { zh: "recording：录哪条线路", en: "recording: of which link" } },
    options: [
      {
        name: "for",
        value: "TIME",
        text: {
          zh: "recording：录多久，1s 到 10min（默认 60s）",
          en: "recording: how long, 1s to 10min (default 60s)",
        },
      },
      dataOption,
    ],
    load: () => import("./commands/report.ts"),
  },
  {
    name: "query",
    first: false,
    text: {
      zh: "查本机历史：一台设备的测点什么时候是多少",
      en: "ask the local history: what a device's points were, and when",
    },
    argument: {
      name: "DEVICE",
      text: { zh: "哪台设备；不写就说历史有多长", en: "which device; absent: how far the history goes" },
    },
    second: { name: "POINT", text: { zh: "哪个测点；不写就全部", en: "which point; absent: all of them" } },
    options: [
      {
        name: "from",
        value: "TIME",
        text: {
          zh: "从何时起：2026-10-31、10-31 08:00、08:00（今天）、3h、2d（之前）",
          en: "since when: 2026-10-31, 10-31 08:00, 08:00 (today), 3h or 2d (ago)",
        },
      },
      {
        name: "to",
        value: "TIME",
        text: { zh: "到何时为止，写法同上", en: "until when, written the same way" },
      },
      {
        name: "limit",
        value: "N",
        text: {
          zh: "最多多少条，取最新的（默认 20；写了时间 1000；--csv、--json 100000）",
          en: "most values, the newest of them (default 20; with a time 1000; --csv, --json 100000)",
        },
      },
      {
        name: "csv",
        text: { zh: "输出 CSV，Excel 能直接打开", en: "write CSV, which Excel opens" },
      },
      dataOption,
    ],
    load: () => import("./commands/query.ts"),
  },
  later("backup", false, "备份配置和密钥", "back up configuration and keys"),
  later("restore", false, "从备份恢复", "restore from a backup"),
  later("district", false, "区县汇总端", "the district's side"),
];
