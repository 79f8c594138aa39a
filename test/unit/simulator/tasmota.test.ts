import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import { type TasmotaOptions, tasmota } from "../../../simulator/devices/tasmota.ts";
import { DialectWorld, room, settled } from "./dialect-world.ts";

let world: DialectWorld;
beforeEach(() => {
  world = new DialectWorld();
});
afterEach(() => world.close());

function start(options: Partial<TasmotaOptions> = {}, source: () => RoomValues = room) {
  return world.start((place) => tasmota({ ...place, topic: "t", source, ...options }));
}

const topics = () => world.taken.map(({ topic }) => topic);

describe("a simulated Tasmota device", () => {
  it("is born with Online retained, an empty question to itself, INFO1 to 3 and its power, all at QoS 0", async () => {
    await start({ relay: true });
    expect(world.server.clients[0]?.clientId).toMatch(/^DVES_[0-9A-F]{6}$/);
    expect(topics().filter((topic) => !topic.startsWith("tasmota/discovery/"))).toEqual([
      ...["tele/t/LWT", "cmnd/t/POWER", "tele/t/INFO1", "tele/t/INFO2", "tele/t/INFO3"],
      ...["stat/t/RESULT", "stat/t/POWER"],
    ]);
    expect(world.taken[0]).toMatchObject({ payload: Buffer.from("Online"), retain: true, qos: 0 });
    expect(world.taken[1]?.payload).toHaveLength(0);
    expect(new Set(world.taken.map(({ qos }) => qos))).toEqual(new Set([0]));
    expect(world.news().slice(-2)).toEqual(['stat/t/RESULT {"POWER":"ON"}', "stat/t/POWER ON"]);
  });

  it("reports STATE and SENSOR together, five seconds after boot and then with every period", async () => {
    await start({ chips: ["AM2301", "SDS0X1"], telePeriodS: 60 });
    world.news();
    await world.pass(6000);
    expect(topics()).toEqual(["tele/t/STATE", "tele/t/SENSOR"]);
    expect(world.json("tele/t/SENSOR")).toEqual([
      {
        Time: expect.stringMatching(/^2026-09-01T08:00:0\d$/),
        AM2301: { Temperature: 23.2, Humidity: 61.3, DewPoint: 15.3 },
        SDS0X1: { "PM2.5": 21, PM10: 29.4 },
        TempUnit: "C",
      },
    ]);
    world.news();
    await world.pass(180_000);
    expect(topics()).toEqual(Array.from({ length: 3 }, () => ["tele/t/STATE", "tele/t/SENSOR"]).flat());
  });

  it("names what it measures by the chip, and leaves out a chip that does not answer", async () => {
    await start({ chips: ["BME280", "SCD40", "DS18B20", "BH1750"] }, () =>
      room({ pressure: 101.32, co2: null }),
    );
    await world.pass(6000);
    const [said = {}] = world.json("tele/t/SENSOR");
    expect(Object.keys(said)).toEqual(["Time", "BME280", "DS18B20", "BH1750", "PressureUnit", "TempUnit"]);
    expect(said.BME280).toMatchObject({ Pressure: 1013.2 });
    expect(said.BH1750).toEqual({ Illuminance: 320 });
  });

  it("counts energy in kWh: today, yesterday by its own midnight, and the Wh of the last period", async () => {
    const now = room({ energyImport: 10_000 });
    await start({ relay: true, energy: true, telePeriodS: 3600, tickMs: 10_000 }, () => now);
    await world.pass(20_000);
    expect(world.json("tele/t/SENSOR")[0]?.ENERGY).toEqual({
      TotalStartTime: "2026-08-20T09:12:44",
      ...{ Total: 10, Yesterday: 0, Today: 0, Period: 0, Power: 48, ApparentPower: 49, ReactivePower: 3 },
      ...{ Factor: 1, Voltage: 230, Current: 0.211 },
    });
    now.energyImport = 12_345;
    await world.pass(3_600_000);
    expect(world.json("tele/t/SENSOR")[1]?.ENERGY).toMatchObject({
      Total: 12.345,
      Today: 2.345,
      Period: 2345,
    });
    await world.pass(15 * 3_600_000);
    now.energyImport = 12_500n;
    await world.pass(3_600_000);
    expect(world.json("tele/t/SENSOR").at(-1)?.ENERGY).toMatchObject({
      ...{ Total: 12.5, Yesterday: 2.345, Today: 0.155, Period: 155 },
    });
  });

  it("says a change of its relay twice: as JSON and as a word; it is moved by the room and by commands", async () => {
    const now = room();
    await start({ relay: true, energy: true, telePeriodS: 10 }, () => now);
    world.news();
    now.lamp = false;
    await world.pass(2000);
    expect(world.news()).toEqual(['stat/t/RESULT {"POWER":"OFF"}', "stat/t/POWER OFF"]);
    for (const [command, payload, answers] of [
      ["Power", "ON", ['stat/t/RESULT {"POWER":"ON"}', "stat/t/POWER ON"]],
      ["POWER", "toggle", ['stat/t/RESULT {"POWER":"OFF"}', "stat/t/POWER OFF"]],
      ["power", "", ['stat/t/RESULT {"POWER":"OFF"}', "stat/t/POWER OFF"]],
      ["TelePeriod", "60", ['stat/t/RESULT {"TelePeriod":60}']],
      ["Nonsense", "", ['stat/t/RESULT {"Command":"Unknown","Input":"Nonsense"}']],
    ] as const) {
      world.server.publish({ topic: `cmnd/t/${command}`, payload });
      await settled(() => world.taken.length === answers.length);
      expect(world.news()).toEqual(answers);
    }
    await world.pass(10_000);
    expect(world.json("tele/t/SENSOR")[0]).toMatchObject({ ENERGY: { Power: 0, Current: 0 } });
  });

  it("says a switch at once, and a card each time that it is put on the reader", async () => {
    const now = room();
    await start({ switch: true, reader: "DATA" }, () => now);
    await world.pass(2000);
    world.news();
    now.contact = false;
    now.card = "BA839D07";
    await world.pass(1000);
    const [time] = world.json("tele/t/SENSOR").map(({ Time }) => Time);
    expect(world.news()).toEqual([
      'stat/t/RESULT {"Switch1":{"Action":"ON"}}',
      `tele/t/SENSOR {"Time":"${time}","Switch1":"ON"}`,
      `tele/t/SENSOR {"Time":"${time}","RC522":{"UID":"BA839D07","DATA":"","Type":"MIFARE 1KB"}}`,
    ]);
    await world.pass(1000);
    expect(topics().filter((topic) => topic === "tele/t/SENSOR")).toHaveLength(0);
    now.card = null;
    await world.pass(1000);
    now.card = "BA839D07";
    await world.pass(1000);
    expect(world.json("tele/t/SENSOR").filter(({ RC522 }) => RC522 !== undefined)).toHaveLength(1);
  });

  it("counts from 1970 until somebody tells it the time, or keeps a wrong one", async () => {
    await start({ chips: ["ANALOG"], telePeriodS: 60, habits: { timeAfterMs: 30_000 } });
    await world.start((place) =>
      tasmota({
        ...place,
        topic: "u",
        source: room,
        chips: ["ANALOG"],
        habits: { clockAheadMs: -86_400_000 },
      }),
    );
    await world.pass(70_000);
    expect(world.json("tele/t/SENSOR").map(({ Time }) => String(Time).slice(0, 16))).toEqual([
      ...["1970-01-01T00:00", "2026-09-01T08:01"],
    ]);
    expect(world.json("tele/u/SENSOR")[0]?.Time).toMatch(/^2026-08-31T08:00/);
  });

  it("comes back after an outage with Online alone; what it measured meanwhile is lost", async () => {
    const device = await start({ chips: ["ANALOG"], relay: true, telePeriodS: 10 });
    await world.down();
    await world.clock.advance(35_000);
    world.news();
    await world.up();
    expect(world.news()).toEqual(["tele/t/LWT Online", "cmnd/t/POWER "]);
    const { emissions } = device.device;
    const lost = emissions.filter(({ topic, dropped }) => topic === "tele/t/SENSOR" && dropped);
    expect(lost.length).toBeGreaterThanOrEqual(3);
    expect(lost.every(({ wire }) => wire.length === 0)).toBe(true);
  });

  it("with the habit of keeping says the newest of an outage in one burst, with their own times", async () => {
    await start({ chips: ["ANALOG"], telePeriodS: 10, habits: { burst: 4 } });
    await world.pass(1000);
    await world.down();
    await world.clock.advance(60_000);
    world.news();
    await world.up();
    expect(topics()).toEqual([
      ...["tele/t/LWT", "cmnd/t/POWER"],
      ...["tele/t/STATE", "tele/t/SENSOR", "tele/t/STATE", "tele/t/SENSOR"],
    ]);
    const [first, second] = world.json("tele/t/SENSOR").map(({ Time }) => Date.parse(`${Time}Z`));
    expect((second ?? 0) - (first ?? 0)).toBe(10_000);
  });

  it("with the habit of repeating says some things twice, and at QoS 1 has them acknowledged", async () => {
    const { device } = await start({ chips: ["ANALOG"], telePeriodS: 10, habits: { repeats: 0.5, qos: 1 } });
    await world.pass(300_000);
    const said = device.emissions.filter(({ topic }) => topic === "tele/t/SENSOR");
    const times = new Set(said.map(({ values }) => values.Time));
    expect(times.size).toBe(30);
    expect(said.length).toBeGreaterThan(35);
    expect(said.length).toBeLessThan(60);
    expect(said.every(({ ackedMs, qos }) => ackedMs !== null && qos === 1)).toBe(true);
  });

  it("dies by its will, and boots anew with the next power", async () => {
    const device = await start({ relay: true });
    world.news();
    await world.kill(device);
    expect(world.taken[0]).toMatchObject({ topic: "tele/t/LWT", retain: true, qos: 1 });
    expect(world.news()).toEqual(["tele/t/LWT Offline"]);
    await device.start();
    await world.quiet();
    expect(world.json("tele/t/INFO3")).toEqual([{ Info3: { RestartReason: "Power On", BootCount: 2 } }]);
    world.news();
    await device.stop();
    await settled(() => world.taken.length > 0);
    expect(world.news()).toEqual(["tele/t/LWT Offline"]);
  });
});
