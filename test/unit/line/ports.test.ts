import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { serialPorts } from "../../../drivers/line/ports.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ce-ports-"));
  for (const folder of ["sys/class/tty", "dev/serial/by-id", "dev/serial/by-path", "sys/devices"])
    mkdirSync(join(root, folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string) => writeFileSync(join(root, path), `${text}\n`);

/** A port as the kernel shows it: its folder in /sys/devices, and what /sys/class/tty has of it. */
function tty(name: string, folder: string, type = "4"): void {
  mkdirSync(join(root, folder, "tty", name), { recursive: true });
  symlinkSync(join(root, folder), join(root, folder, "tty", name, "device"));
  write(join(folder, "tty", name, "type"), type);
  symlinkSync(join(root, folder, "tty", name), join(root, "sys/class/tty", name));
  writeFileSync(join(root, "dev", name), "");
}

/** A USB adapter with one port in a socket. */
function adapter(name: string, socket: string, says: Record<string, string>): void {
  const device = `sys/devices/usb1/${socket}`;
  mkdirSync(join(root, device), { recursive: true });
  for (const [file, text] of Object.entries({ idVendor: "1a86", ...says })) write(join(device, file), text);
  tty(name, `${device}/${socket}:1.0/${name}`);
  symlinkSync(join("../..", name), join(root, "dev/serial/by-path", `pci-0-usb-0:${socket}:1.0-port0`));
  symlinkSync(join("../..", name), join(root, "dev/serial/by-path", `pci-0-usbv2-0:${socket}:1.0-port0`));
}

const byId = (link: string, name: string) =>
  symlinkSync(join("../..", name), join(root, "dev/serial/by-id", link));

it("names an adapter with a number of its own by it, and one without by its socket", async () => {
  adapter("ttyUSB0", "1-1", { manufacturer: "FTDI", product: "FT232R USB UART", serial: "A50285BI" });
  byId("usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", "ttyUSB0");
  // Two of a kind share one name, which the second took from the first.
  adapter("ttyUSB1", "1-2", { product: "USB Serial" });
  adapter("ttyUSB10", "1-3", { product: "USB Serial" });
  byId("usb-1a86_USB_Serial-if00-port0", "ttyUSB10");
  adapter("ttyUSB2", "1-4", { idVendor: "10c4", product: "CP2102", serial: "0001" });
  byId("usb-Silicon_Labs_CP2102_0001-if00-port0", "ttyUSB2");
  const ports = await serialPorts(root);
  expect(ports.map(({ device, lasting, belongsTo, model }) => [device, lasting, belongsTo, model])).toEqual([
    [
      "/dev/ttyUSB0",
      "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0",
      "adapter",
      "FTDI FT232R USB UART",
    ],
    ["/dev/ttyUSB1", "/dev/serial/by-path/pci-0-usb-0:1-2:1.0-port0", "socket", "USB Serial"],
    ["/dev/ttyUSB2", "/dev/serial/by-path/pci-0-usb-0:1-4:1.0-port0", "socket", "CP2102"],
    ["/dev/ttyUSB10", "/dev/serial/by-path/pci-0-usb-0:1-3:1.0-port0", "socket", "USB Serial"],
  ]);
});

it("knows the ports of the board that are there, and leaves out places without one and terminals that are none", async () => {
  tty("ttyS0", "sys/devices/pnp0/0");
  tty("ttyS1", "sys/devices/platform/serial8250", "0");
  tty("ttyS4", "sys/devices/pnp0/4");
  mkdirSync(join(root, "sys/class/tty/tty1"));
  mkdirSync(join(root, "sys/class/tty/console"));
  write("sys/class/tty/console/active", "tty0 ttyS0");
  expect(await serialPorts(root)).toEqual([
    { device: "/dev/ttyS0", lasting: "/dev/ttyS0", belongsTo: "console", model: null },
    { device: "/dev/ttyS4", lasting: "/dev/ttyS4", belongsTo: "board", model: null },
  ]);
});

it("says that no name lasts where udev gives none, and shows nothing of an adapter's words that moves a terminal", async () => {
  adapter("ttyACM0", "1-1", { product: "evil\u001b[2J\u202eport", serial: "77" });
  rmSync(join(root, "dev/serial"), { recursive: true });
  expect(await serialPorts(root)).toEqual([
    { device: "/dev/ttyACM0", lasting: null, belongsTo: "socket", model: "evil [2J port" },
  ]);
  rmSync(join(root, "sys"), { recursive: true });
  expect(await serialPorts(root)).toEqual([]);
});
