/**
 * `scan`: what is there and stands in no file yet, with the lines to paste. `scan serial` reads the ports of this machine
 * and opens none; `scan mqtt` asks the running agent who knocked and was refused; the others search.
 */
import { realpath } from "node:fs/promises";
import { loadPlan } from "../../../config/load/index.ts";
import { nearest } from "../../../config/load/nearest.ts";
import { statusSchema } from "../../../config/schema/status.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { serialPorts } from "../../../drivers/line/ports.ts";
import { kinds } from "../../../drivers/registry.ts";
import { fetchStatus } from "../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { exit, type Options, type Setting } from "../io.ts";
import { type PortPlaced, portLines, strangerLines } from "../scan-lines.ts";
import { table } from "../table.ts";
import { search } from "./scan/search.ts";
import { ask, findDoor, refused } from "./status.ts";

const scans: Readonly<
  Record<string, { text: Text; scan(setting: Setting, options: Options): Promise<number> }>
> = {
  serial: {
    text: { zh: "本机的串口，用不会变的名字", en: "the serial ports of this machine, by names that last" },
    scan: scanSerial,
  },
  mqtt: {
    text: { zh: "敲过门、被拒绝的 MQTT 设备", en: "MQTT devices that knocked and were refused" },
    scan: scanMqtt,
  },
  modbus: {
    text: {
      zh: "RS-485 线上的 Modbus 设备：逐个地址问，认出型号；加 --speeds 也试别的波特率",
      en: "Modbus devices on RS-485 lines: asks address by address, finds out the model; --speeds tries other speeds as well",
    },
    scan: (setting, options) => search(setting, options, "modbus"),
  },
  dlt645: {
    text: { zh: "线上的 DL/T 645 电表", en: "DL/T 645 meters on their lines" },
    scan: (setting, options) => search(setting, options, "dlt645"),
  },
  onvif: {
    text: {
      zh: "局域网里的摄像机（ONVIF，IPv4 和 IPv6）",
      en: "cameras in the local network (ONVIF, IPv4 and IPv6)",
    },
    scan: (setting, options) => search(setting, options, "onvif"),
  },
  pjlink: {
    text: {
      zh: "局域网里的投影机（PJLink 2 级，仅 IPv4；1 级的不应答）",
      en: "projectors in the local network (PJLink class 2, IPv4 only; class 1 does not answer)",
    },
    scan: (setting, options) => search(setting, options, "pjlink"),
  },
};

/** Those that search one link, where it is named. */
const onLinks: ReadonlySet<string> = new Set(["modbus", "dlt645"]);

export async function command(setting: Setting, options: Options): Promise<number> {
  const { argument } = options;
  const { lang } = findDoor(setting, options);
  const all = Object.entries(scans);
  if (typeof argument !== "string") {
    if (setting.json) setting.out(JSON.stringify({ scans: Object.keys(scans) }));
    else
      for (const line of table(all.map(([name, { text }]) => [`campus-edge scan ${name}`, text[lang]])))
        setting.out(line);
    return exit.well;
  }
  const found = all.find(([name]) => name === argument);
  if (found !== undefined && typeof options.second === "string" && !onLinks.has(argument))
    return refused(
      setting,
      lang,
      { zh: `scan ${argument} 后面不写线路`, en: `scan ${argument} takes no link` },
      { zh: `去掉“${options.second.slice(0, 64)}”`, en: `leave out "${options.second.slice(0, 64)}"` },
    );
  if (found !== undefined) return found[1].scan(setting, options);
  const names = Object.keys(scans);
  const near = nearest(argument, names);
  return refused(
    setting,
    lang,
    { zh: `scan 不会找“${argument.slice(0, 64)}”`, en: `scan does not look for "${argument.slice(0, 64)}"` },
    near === undefined
      ? { zh: `能找的有 ${names.join("、")}`, en: `it looks for ${names.join(", ")}` }
      : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
  );
}

async function scanSerial(setting: Setting, options: Options): Promise<number> {
  const { lang } = findDoor(setting, options);
  const { plan } = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const written = await Promise.all(
    (plan?.links ?? []).map(async ({ id, settings }) => {
      const { device } = settings as { device?: string };
      return { id, port: device === undefined ? null : await realpath(device).catch(() => device) };
    }),
  );
  const ports = (await serialPorts()).map(
    (port): PortPlaced => ({
      ...port,
      links: written.filter((link) => link.port === port.device).map(({ id }) => id),
    }),
  );
  if (setting.json) setting.out(JSON.stringify({ ports }));
  else for (const line of portLines(ports, new Set(plan?.links.map(({ id }) => id)), lang)) setting.out(line);
  return exit.well;
}

async function scanMqtt(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const status = await ask(setting, door, fetchStatus, statusSchema);
  if (status === null) return exit.cannot;
  const { strangers } = status;
  const known = new Set(status.devices.map(({ id }) => id));
  if (setting.json) setting.out(JSON.stringify({ strangers }));
  else for (const line of strangerLines(strangers, known, door.lang)) setting.out(line);
  return exit.well;
}
