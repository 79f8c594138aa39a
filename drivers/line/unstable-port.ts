/**
 * Ports that are numbered in the order in which they were found. Pure.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import type { SerialLink } from "./fields.ts";

export function unstablePort(link: SerialLink): KindProblem[] {
  if (!("device" in link) || !/^\/dev\/tty(USB|ACM)\d+$/.test(link.device)) return [];
  return [
    {
      key: "device",
      severity: "warning",
      what: {
        zh: `${link.device} 重启或重插后可能变成另一条线`,
        en: `${link.device} may be another adapter after a restart`,
      },
      fix: {
        zh: "用 ls -l /dev/serial/by-id /dev/serial/by-path 查到的固定名字",
        en: "write its lasting name, as ls -l /dev/serial/by-id /dev/serial/by-path shows it",
      },
    },
  ];
}
