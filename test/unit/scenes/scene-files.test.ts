import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readOneFile } from "../../../config/load/one-file.ts";
import { sceneOfRooms } from "../../../simulator/scenes/cut.ts";
import { sceneModels } from "../../../simulator/scenes/models.ts";
import { placedDevices, placedRooms } from "../../../simulator/scenes/placed.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { devicesIn, loadedScene } from "./loaded-scene.ts";

const root = mkdtempSync(join(tmpdir(), "ce-scenes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const scenes = new URL("../../../simulator/scenes/files/", import.meta.url).pathname;

function sceneOf(text: string) {
  const path = join(root, "scene.yaml");
  writeFileSync(path, text);
  return readOneFile(path, sceneSchema);
}

const small = `
school: { id: "2133000001" }
floors: [{ floor: 1, rooms: 101..103 }]
devices:
  - { name: air, model: jxct-air-board, unit: 1 }
`;

describe("the scenes that come along", () => {
  const files = readdirSync(scenes);
  it("are a school of 12, of 40 and of 120 rooms", () => {
    const rooms = files.map((file) => {
      const { value, problems } = readOneFile(join(scenes, file), sceneSchema);
      expect(problems).toEqual([]);
      return value === null ? 0 : placedRooms(value).length;
    });
    expect(rooms.sort((a, b) => a - b)).toEqual([12, 40, 120]);
  });

  it("have between them something for every way in which a device is reached", () => {
    const used = files.flatMap((file) => {
      const { value } = readOneFile(join(scenes, file), sceneSchema);
      return value?.devices.map(({ model }) => sceneModels[model].way) ?? [];
    });
    expect(new Set(used)).toEqual(new Set(Object.values(sceneModels).map(({ way }) => way)));
  });

  it.each(files)("%s gives a configuration that is accepted without a word", (file) => {
    const { value: scene } = readOneFile(join(scenes, file), sceneSchema);
    if (scene === null) throw new Error("no scene");
    const loaded = loadedScene(scene, join(root, file));
    expect(loaded.problems.map(({ file, line, what }) => `${file}:${line} ${what.en}`)).toEqual([]);
    const bridge = loaded.devices.some(({ via }) => via !== undefined) ? ["z2m"] : [];
    expect(devicesIn(loaded).sort()).toEqual([...loaded.devices.map(({ id }) => id), ...bridge].sort());
  });
});

/** As many rooms as were asked for, of the scene that the demo takes for them. */
function demoScene(rooms: number) {
  const file = rooms <= 40 ? "primary-40.yaml" : "junior-120.yaml";
  const { value } = readOneFile(join(scenes, file), sceneSchema);
  if (value === null) throw new Error("no scene");
  return sceneOfRooms(value, rooms);
}

describe("a school cut for the demo", () => {
  it.each([1, 4, 5, 8, 9, 20, 32, 33, 39, 41, 60, 61, 100, 118, 119])(
    "to %i rooms gives a configuration that is accepted without a word",
    (rooms) => {
      const loaded = loadedScene(demoScene(rooms), join(root, `cut-${rooms}`));
      expect(loaded.problems).toEqual([]);
      expect(devicesIn(loaded)).toEqual(expect.arrayContaining(loaded.devices.map(({ id }) => id)));
    },
  );
});

describe("a scene file", () => {
  it("gives the same devices every time, and others by another seed", () => {
    const text = small.replace("unit: 1 }", "unit: 1 }\n  - { name: desk, model: mqtt-air }");
    const [first, again] = [sceneOf(text).value, sceneOf(text).value];
    const other = sceneOf(text.replace('"2133000001"', '"2133000001", seed: 2')).value;
    if (first === null || again === null || other === null) throw new Error("no scene");
    expect(placedDevices(again)).toEqual(placedDevices(first));
    expect(placedDevices(other)).not.toEqual(placedDevices(first));
    expect(placedDevices(first).map(({ id }) => id)).toEqual([
      "101-air",
      "101-desk",
      "102-air",
      "102-desk",
      "103-air",
      "103-desk",
    ]);
  });

  it("may give one name to two models on two floors, and a fault to either", () => {
    const { value, problems } = sceneOf(`
school: { id: "2133000001" }
floors: [{ floor: 1, rooms: 101..102 }, { floor: 2, rooms: 201..202 }]
devices:
  - { name: meter, model: chint-ddsu666, unit: 1, in: [101..102] }
  - { name: meter, model: dlt645-2007-meter, in: [201] }
faults: [{ what: device-off, device: 201-meter }, { what: device-off, device: 102-meter }]
`);
    expect(problems).toEqual([]);
    const placed = value === null ? [] : placedDevices(value);
    expect(placed.map(({ id, model }) => [id, model])).toEqual([
      ["101-meter", "chint-ddsu666"],
      ["102-meter", "chint-ddsu666"],
      ["201-meter", "dlt645-2007-meter"],
    ]);
  });

  it("tells every mistake at its place, with what is allowed there", () => {
    const { value, problems } = sceneOf(`
school: { id: "21330", stage: senior }
floors:
  - { floor: 1, rooms: 101..108, use: { 205: music } }
  - { floor: 2, rooms: 108..101 }
devices:
  - { name: air, model: jxct-air-bord, unit: 1 }
faults:
  - { what: cabel-cut, room: 101 }
`);
    expect(value).toBeNull();
    const told = problems.map(({ line, what, fix }) => `${line}: ${what.en}; ${fix.en}`);
    expect(told).toEqual([
      expect.stringMatching(/^2: .*21330.*ten digits/),
      expect.stringMatching(/^2: .*senior.*primary/),
      expect.stringMatching(/^5: .*108\.\.101.*smaller first/),
      expect.stringMatching(/^7: .*jxct-air-bord.*did you mean "jxct-air-board"/),
      expect.stringMatching(/^9: .*cabel-cut.*did you mean "cable-cut"/),
    ]);
    for (const { what, fix } of problems) expect(`${what.zh}${fix.zh}`).toMatch(/[\u4e00-\u9fff]/);
  });

  it.each([
    [
      "a room twice",
      "rooms: 101..103 }]",
      "rooms: 101..103 }, { floor: 2, rooms: 103..104 }]",
      /room 103 is there twice/,
    ],
    ["a use of a room of another floor", "101..103 }", "101..103, use: { 201: lab } }", /no room 201/],
    [
      "addresses that meet",
      "unit: 1 }",
      "unit: 1 }\n  - { name: th, model: xy-md02, unit: 3 }",
      /meet those of air/,
    ],
    ["a device on RS-485 without address", ", unit: 1 }", " }", /has no unit/],
    [
      "a fault without its room",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: cable-cut }]",
      /cable-cut has no room/,
    ],
    [
      "a word that a fault does not take",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: converter-off, floor: 1 }]",
      /takes no floor/,
    ],
    [
      "a fault that comes again and never goes",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: converter-off, every: 1min }]",
      /every without for/,
    ],
    [
      "an address where there is no line",
      "unit: 1 }",
      "unit: 1 }\n  - { name: d, model: mqtt-air, unit: 3 }",
      /not on RS-485/,
    ],
    ["an address beyond the last", "unit: 1 }", "unit: 246 }", /248, beyond 247/],
    ["a name twice", "unit: 1 }", "unit: 1 }\n  - { name: air, model: mqtt-air }", /air is there twice/],
    [
      "a name twice on one floor",
      "unit: 1 }",
      "unit: 1, in: [101] }\n  - { name: air, model: mqtt-air, in: [103] }",
      /air is there twice on floor 1/,
    ],
    ["a device in a room that is not there", "unit: 1 }", "unit: 1, in: [109] }", /no room 109/],
    [
      "a fault of a device that is not there",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: device-off, device: 104-air }]",
      /has no 104-air/,
    ],
    [
      "a fault in a room that is not there",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: cable-cut, room: 104 }]",
      /has no 104/,
    ],
    [
      "a fault on a floor that is not there",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: power-out, floor: 3 }]",
      /has no 3/,
    ],
    [
      "a pause that no timer has",
      "unit: 1 }",
      "unit: 1 }\nfaults: [{ what: converter-off, for: 30d }]",
      /more than 20 days/,
    ],
    ["too many rooms", "101..103", "1000..1399 }, { floor: 2, rooms: 2000..2000", /401 rooms/],
  ])("refuses %s", (_, from, to, expected) => {
    const { value, problems } = sceneOf(small.replace(from, to));
    expect(value).toBeNull();
    expect(problems.map(({ what }) => what.en).join("\n")).toMatch(expected);
  });

  it("is no pipe, no giant and no picture", () => {
    expect(readOneFile("/dev/null", sceneSchema).problems[0]?.what.en).toMatch(/no regular file/);
    expect(readOneFile(join(root, "none.yaml"), sceneSchema).problems[0]?.what.en).toMatch(/ENOENT/);
    writeFileSync(join(root, "big.yaml"), "x".repeat(1_000_001));
    expect(readOneFile(join(root, "big.yaml"), sceneSchema).problems[0]?.what.en).toMatch(/larger than 1 MB/);
  });
});
