/**
 * A technician has written the links of a school and none of its wired devices and cameras: a search finds all of them,
 * invents none, and what it gives to paste is right.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadModels, loadPlan } from "../../config/load/index.ts";
import {
  type FoundDevice,
  type SearchTaken,
  searchStartedSchema,
  searchTakenSchema,
} from "../../config/schema/search.ts";
import { findCameras } from "../../drivers/onvif/discovery.ts";
import { kinds, openDriver } from "../../drivers/registry.ts";
import { foundLines } from "../../edge/cli/found-lines.ts";
import { Searches } from "../../edge/search/searches.ts";
import { postSearch } from "../../gateway/status/client.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";
import { sceneSchema } from "../../simulator/scenes/scene-schema.ts";
import { VirtualSchool } from "./virtual-school.ts";

const scene = sceneSchema.parse({
  school: { id: "2133000008" },
  floors: [
    { floor: "1", rooms: "101..104" },
    { floor: "2", rooms: "201..205" },
  ],
  devices: [
    { name: "air", model: "jxct-air-board", unit: "1", every: "60s" },
    { name: "meter", model: "chint-ddsu666", unit: "41", every: "60s", in: ["101..104"] },
    { name: "meter", model: "dlt645-2007-meter", every: "60s", in: ["201..205"] },
    { name: "lamps", model: "waveshare-relay-8", unit: "161", every: "60s", in: ["101"] },
    { name: "cam0", model: "cam-hikvision", in: ["101"] },
    { name: "cam1", model: "cam-dahua", in: ["102"] },
    { name: "cam2", model: "cam-axis", in: ["201"] },
    { name: "cam3", model: "cam-tp-link", in: ["202"] },
    { name: "cam4", model: "cam-bosch", in: ["203"] },
  ],
});

/** Devices that a search is to find, by their line in the files. */
const wanted =
  /^ {2}([\w-]+): \{ profile: ([\w-]+), via: (rs\d|dl\d|onvif), (?:host: "[^"]*", port: (\d+)|unit: (\d+)|meter: "(\d+)")/;

let school: VirtualSchool | null = null;
let searches: Searches | null = null;
afterEach(async () => {
  await searches?.close();
  await school?.stop();
  [school, searches] = [null, null];
});

/** What stands in the school: profile by where it is, `rs1 7`. */
async function started() {
  const there = new Map<string, string>();
  const own = new VirtualSchool(scene, Date.UTC(2026, 8, 15, 1), undefined, {}, (_, text) =>
    text
      .split("\n")
      .filter((line) => {
        const [, , profile = "", via, port, unit, meter] = wanted.exec(line) ?? [];
        if (via !== undefined) there.set(`${via} ${port ?? unit ?? meter}`, profile);
        return via === undefined;
      })
      .join("\n"),
  );
  school = own;
  // What is loaded when it is first needed is nothing that virtual time waits for.
  for (const { kind } of kinds) await openDriver(kind);
  await own.start();
  return { own, there };
}

type Ask = (asked: object) => Promise<unknown>;

/** Searches to the end, while virtual time passes. */
async function searched(own: VirtualSchool, ask: Ask, what: string) {
  const found: FoundDevice[] = [];
  const places: SearchTaken["at"][] = [];
  const { id } = searchStartedSchema.parse(await ask({ do: "start", what, speeds: false }));
  for (;;) {
    await own.advance(1000);
    const taken = searchTakenSchema.parse(await ask({ do: "take", id }));
    found.push(...taken.found);
    places.push(taken.at);
    expect(taken.troubles).toEqual([]);
    if (taken.ended !== null) return { found, places, ended: taken.ended };
  }
}

const whereOf = ({ link, kind, address }: FoundDevice) =>
  `${link ?? kind} ${address.port ?? address.unit ?? address.meter}`;

describe("a school of which only the links are written", () => {
  it("is searched through the running gateway: all are found, none is invented, and what is to paste is right", async () => {
    const { own, there } = await started();
    const ask: Ask = (asked) => postSearch(own.agent.socket, asked, AbortSignal.timeout(20_000));
    await own.advance(5_000);
    const found: FoundDevice[] = [];
    for (const what of ["modbus", "dlt645"]) {
      const { found: some, places } = await searched(own, ask, what);
      found.push(...some);
      // The time left is never less than what it takes.
      const left = places.filter(({ fitting }) => !fitting).map(({ leftMs }) => leftMs);
      expect(left.at(-1)).toBe(0);
      expect(Math.max(...left)).toBeGreaterThan(30_000);
    }
    const all = await openDriver("onvif");
    searches = new Searches({
      ...{ clock: own.clock, log: own.log, kinds, plan: () => own.plan },
      models: (driver) => loadModels(own.plan.folder, driver, kinds),
      openDriver: async () => ({
        ...all,
        discover: (context, signal) =>
          findCameras(context, signal, { port: own.school.cameras.responder.port }),
      }),
      hands: () => {
        throw new Error("no line is searched here");
      },
    });
    const cameras = searches;
    const { found: seen } = await searched(own, async (asked) => (await cameras.ask(asked)).body, "onvif");
    found.push(...seen);

    expect(found.map(whereOf).sort()).toEqual([...there.keys()].sort());
    expect(found.map(({ known, fault }) => [known, fault])).toEqual(found.map(() => [null, undefined]));
    for (const device of found) {
      const best = device.fits[0]?.profile ?? (device.kind === "onvif" ? "onvif-camera" : undefined);
      expect([whereOf(device), best]).toEqual([whereOf(device), there.get(whereOf(device))]);
    }
    console.log(foundLines(found, { ids: new Set(), links: own.plan.links }, "zh").join("\n"));

    // As it is, and with what only a technician knows.
    for (const lang of ["zh", "en"] as const) {
      const lines = foundLines(found, { ids: new Set(), links: own.plan.links }, lang);
      const pasted = lines.slice(lines.indexOf("devices:") + 1);
      for (const [text, count] of [
        [pasted, found.filter(({ fits: [best] }) => (best?.needs.length ?? 0) === 0).length],
        [pasted.map((line) => line.replace(/^ {2}# /, "  ").replaceAll(": ?", ": 1")), found.length],
      ] as const) {
        writeFileSync(join(own.plan.folder, "found.yaml"), ["devices:", ...text, ""].join("\n"));
        const { plan, problems } = loadPlan(own.plan.folder, kinds, uplinkKinds, { env: {} });
        expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(plan?.links.flatMap(({ devices }) => devices)).toHaveLength(count);
      }
    }
  });
});
