/**
 * The rooms of the example school, where it lies beside the project, on stubs of its protocols and models.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { devicesOf, planRooms } from "./rows-school.ts";

const root = join(import.meta.dirname, "../../../../shared/example-school");
const present = existsSync(join(root, "rooms.yaml"));
const file = (name: string) => (present ? readFileSync(join(root, name), "utf8") : "");
const rooms = file("rooms.yaml");
/** The example's template with other rows. */
const withRows = (rows: string) => `${rooms.split("rows:")[0]}rows: ${rows}\n`;

describe.skipIf(!present)("the rooms of the example school", () => {
  const plan = planRooms(present ? { "rooms.yaml": rooms } : {});
  const devices = devicesOf(plan);

  it("are made from one template", () => {
    const all = [...devices.keys(), ...plan.off.map(({ device }) => device)];
    expect(all).toHaveLength(24 * 5 + 1);
    for (const floor of [1, 2, 3])
      for (let n = 1; n <= 8; n += 1) {
        const room = floor * 100 + n;
        for (const key of ["air", "meter", "ac", "cam"]) expect(all).toContain(`${room}-${key}`);
        if (room === 307) continue;
        expect(devices.get(`${room}-air`)).toMatchObject({
          link: `rs${floor}`,
          points: { space: `2133000001-01-JX1-F0${floor}-${room}`, mount: "后墙 1.5 m" },
          address: { unit: String(n) },
        });
        expect(devices.get(`${room}-ac`)?.address.unit).toBe(String(n + 80));
      }
  });

  it("differ where their rows say so", () => {
    expect(devices.get("104-proj")).toMatchObject({
      link: "pjlink",
      address: { host: "fd12:41::104" },
      points: { profile: "pjlink-projector", space: "2133000001-01-JX1-F01-104" },
    });
    expect(devices.has("104-panel")).toBe(false);
    expect(devices.has("201-panel")).toBe(true);
    expect(devices.get("108-meter")).toMatchObject({
      points: { profile: "chint-dtsu666" },
      address: { unit: "48" },
    });
    expect(devices.get("107-meter")?.address.unit).toBe("47");
    const ct = (id: string) => devices.get(id)?.plan.points.find((point) => point.id === "energy")?.source;
    expect([ct("108-meter"), ct("107-meter")]).toEqual([{ register: "30" }, { register: "1" }]);
    expect(devices.get("206-air")).toMatchObject({
      points: { profile: "renke-ws-n01", note: "旧探头, 已改 9600", mount: "后墙 1.5 m" },
      address: { unit: "6" },
    });
    const air = devices.get("302-air")?.points.points;
    expect(air?.has("tvoc")).toBe(false);
    expect(air?.get("co2")?.offset).toBe(-35);
    expect(devices.get("305-panel")?.points.profile).toBe("hitevision-panel");
    expect(devices.get("306-panel")?.points).toMatchObject({ profile: "seewo-panel", power: "306-meter" });
  });

  it("are off with their reason and date", () => {
    const untilMs = Date.UTC(2026, 9, 30, 16);
    const off = new Map(plan.off.map((device) => [device.device, device]));
    expect([...off.keys()].sort()).toEqual(
      ["307-ac", "307-air", "307-cam", "307-meter", "307-panel", "308-cam"].sort(),
    );
    expect(off.get("307-air")).toMatchObject({ why: "装修, 十月装机", untilMs });
    expect(off.get("308-cam")).toMatchObject({ why: "返厂 RMA 20931", untilMs });
  });

  it("are the same from the table as from rows", () => {
    const table = planRooms({
      "rooms.yaml": withRows("classrooms.csv"),
      "classrooms.csv": file("classrooms.csv"),
    });
    const rows = planRooms({
      "rooms.yaml": withRows(`
    - { room: 101, n: 1, line: rs1 }
    - { room: 104, n: 4, line: rs1, devices: { panel: off } }
    - { room: 305, n: 5, line: rs3, panel: hitevision-panel }
    - { room: 307, n: 7, line: rs3, stage: off, why: 装修 }`),
    });
    expect(table.links).toEqual(rows.links);
    expect(table.off).toEqual(rows.off);
    expect(devicesOf(table).size).toBe(5 + 4 + 5);
    expect(table.off).toHaveLength(5);
  });
});
