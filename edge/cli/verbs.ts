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

/** Every verb there is or will be; the order is the order of the help. */
export const verbs: readonly Verb[] = [
  later("init", true, "新建一所学校的配置", "start a school's configuration"),
  later("scan", true, "找出线路上和网络上的设备", "find devices on lines and networks"),
  later("assign", true, "给设备写地址、认领陌生设备", "give a device its address, adopt a stranger"),
  later("probe", true, "现在就问一台设备", "ask one device now"),
  {
    name: "check",
    first: true,
    text: { zh: "检查配置，一次列出所有问题", en: "check the configuration: all problems at once" },
    options: [],
    load: () => import("./commands/check.ts"),
  },
  later("apply", true, "让改好的配置生效", "put the changed configuration to work"),
  later("why", true, "哪里不好、为什么、先做什么", "what is wrong, why, and what to do first"),
  {
    name: "status",
    first: true,
    text: { zh: "看正在运行的网关现在怎样", en: "how the running gateway is" },
    options: [
      {
        name: "data",
        value: "DIR",
        text: {
          zh: "数据文件夹（默认由配置决定）",
          en: "data folder (default: as the configuration says)",
        },
      },
    ],
    load: () => import("./commands/status.ts"),
  },
  later("send", true, "让设备做一件事", "make a device do something"),
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
        text: { zh: "教室数，1 到 60（默认 6）", en: "rooms, 1 to 60 (default 6)" },
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
          zh: "状态页地址（默认 127.0.0.1:8080，被占用时自动换）",
          en: "address of the status page (default 127.0.0.1:8080, another one when taken)",
        },
      },
    ],
    load: () => import("./commands/demo.ts"),
  },
  later("simulate", false, "模拟学校、演练、故障", "simulated schools, drills, faults"),
  later("secret", false, "存入密码（不回显）", "store a secret (without echo)"),
  later("doctor", false, "检查这台机器", "check this machine"),
  later("buffer", false, "看、导出、导入本机存着的数据", "see, export, import what is stored here"),
  later("report", false, "诊断包、目录、清单、审计", "diagnostics, catalogue, manifest, audit"),
  later("query", false, "查本机历史", "ask the local history"),
  later("backup", false, "备份配置和密钥", "back up configuration and keys"),
  later("restore", false, "从备份恢复", "restore from a backup"),
  later("district", false, "区县汇总端", "the district's side"),
];
