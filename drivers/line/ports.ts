/**
 * The serial ports that this machine has, by the names that last. Reads what the kernel and udev show; opens no port.
 *
 * A name below by-id lasts as long as the adapter has a number of its own; of adapters without one (CH340), two of a kind
 * share it, and it goes to whichever came last. Theirs is the name below by-path, which is the socket.
 */
import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface PortFound {
  /** As the kernel counts it: /dev/ttyUSB0. */
  device: string;
  /** The name to write into files: below /dev/serial, or `device` where that is fixed (on the board); null: none lasts. */
  lasting: string | null;
  /** What the name belongs to: the adapter, the USB socket, or a port of the board; or the console of this machine has it. */
  belongsTo: "adapter" | "socket" | "board" | "console";
  /** Maker and model as the adapter says them; null: on the board. */
  model: string | null;
}

/** Levels between a port and the adapter that it is of: interface, then device. */
const adapterLevels = 4;
const maxWords = 80;

/**
 * @param root of the file system
 * @returns by name, the adapters first
 */
export async function serialPorts(root = "/"): Promise<PortFound[]> {
  const names = await entries(join(root, "sys/class/tty"));
  const ports: PortFound[] = [];
  const [byId, byPath] = [await lastingNames(root, "by-id"), await lastingNames(root, "by-path")];
  const consoles = (await word(join(root, "sys/class/tty/console/active")))?.split(" ") ?? [];
  for (const name of names.sort((one, two) => one.localeCompare(two, "en", { numeric: true }))) {
    const folder = await realpath(join(root, "sys/class/tty", name, "device")).catch(() => null);
    if (folder === null || (await isEmptySocket(root, name))) continue;
    const device = `/dev/${name}`;
    const adapter = await adapterOf(folder);
    if (adapter === null) {
      const belongsTo = consoles.includes(name) ? "console" : "board";
      ports.push({ device, lasting: byPath.get(name) ?? device, belongsTo, model: null });
      continue;
    }
    const id = adapter.hasNumber ? byId.get(name) : undefined;
    const lasting = id ?? byPath.get(name) ?? null;
    ports.push({ device, lasting, belongsTo: id === undefined ? "socket" : "adapter", model: adapter.model });
  }
  return ports.sort((one, two) => Number(one.model === null) - Number(two.model === null));
}

/** The kernel counts places for UARTs that the board does not have: their type is 0. */
async function isEmptySocket(root: string, name: string): Promise<boolean> {
  return /^ttyS\d+$/.test(name) && (await word(join(root, "sys/class/tty", name, "type"))) === "0";
}

/** null: no USB device is above it. */
async function adapterOf(folder: string): Promise<{ model: string; hasNumber: boolean } | null> {
  let at = folder;
  for (let level = 0; level < adapterLevels; level++, at = dirname(at)) {
    const vendor = await word(join(at, "idVendor"));
    if (vendor === null) continue;
    const words = [await word(join(at, "manufacturer")), await word(join(at, "product"))];
    const model = words.filter((one) => one !== null).join(" ");
    const number = await word(join(at, "serial"));
    // 0000 and 0001 are what makers leave in who give no numbers.
    return {
      model: model === "" ? `USB ${vendor}` : model,
      hasNumber: number !== null && /[2-9A-Za-z]/.test(number),
    };
  }
  return null;
}

/** By the kernel's name the shortest of the names in a folder of /dev/serial. */
async function lastingNames(root: string, folder: "by-id" | "by-path"): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await entries(join(root, "dev/serial", folder))).sort((a, b) => b.length - a.length)) {
    const port = await realpath(join(root, "dev/serial", folder, name)).catch(() => null);
    if (port !== null && /^[\x21-\x7e]+$/.test(name))
      found.set(basename(port), `/dev/serial/${folder}/${name}`);
  }
  return found;
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** One line of a file of the kernel, without what moves a terminal; null: it is not there, or empty. */
async function word(path: string): Promise<string | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\uFFFD]/gu, " ").trim();
  return line === "" ? null : line.slice(0, maxWords);
}
