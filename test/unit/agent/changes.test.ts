import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Plan } from "../../../config/schema/plan.ts";
import { compare } from "../../../edge/agent/changes.ts";
import { digestSecrets, renewedSecrets } from "../../../edge/agent/secret-digests.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

const secrets = { a: "one", b: "two", c: "three", north: "north" };
const parts = {
  school: schoolSection,
  buffer: 'buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\n',
  links: 'links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }\n',
  uplinks:
    'uplinks: { province: { kind: mqtt, url: "mqtt://127.0.0.1:1", user: gw, password: secret:north } }\n',
  a: "  a: { profile: mqtt-air-json, via: broker, user: ua, password: secret:a, space: 101 }\n",
  b: "  b: { profile: mqtt-air-json, via: broker, user: ub, password: secret:b, space: 102 }\n",
  more: "",
};

function folder(): SchoolFolder {
  const made = schoolFolder({}, secrets);
  undo.push(() => made.remove());
  return made;
}

function plan(made: SchoolFolder, changed: Partial<typeof parts> = {}): Plan {
  const { school, buffer, links, uplinks, a, b, more } = { ...parts, ...changed };
  const text = `${school}${buffer}${links}${uplinks}devices:\n${a}${b}${more}`;
  writeFileSync(join(made.config, "school.yaml"), text.replaceAll("$DATA", made.data));
  return made.plan();
}

const nothing = { waiting: () => 0, renewed: new Set<string>() };

function lines(from: Partial<typeof parts>, to: Partial<typeof parts>, waiting = 0): string[] {
  const made = folder();
  const { changes } = compare(plan(made, from), plan(made, to), { ...nothing, waiting: () => waiting });
  for (const { text } of changes) expect(text.zh).toMatch(/[一-鿿]/);
  return changes.map(({ what, text }) => `${what} · ${text.en}`);
}

describe("what becomes different", () => {
  it("is nothing between a plan and the same files read again", () => {
    const made = folder();
    const { changes, restart, links, uplinks, filters, page } = compare(plan(made), plan(made), nothing);
    expect({ changes, restart, filters, page }).toEqual({
      changes: [],
      restart: [],
      filters: false,
      page: false,
    });
    const idle = { stop: [], restart: [], update: [], start: [] };
    expect([links, uplinks]).toEqual([idle, idle]);
  });

  it.each<[string, Partial<typeof parts>, string[]]>([
    [
      "a device comes",
      { more: parts.a.replace("a:", "c:").replace("ua", "uc") },
      ["starts · c: starts, on broker, room 101"],
    ],
    ["a device goes", { b: "" }, ["stops · b: is no longer in the files; its history ends here"]],
    [
      "a device vanishes and another has its address",
      { b: parts.b.replace("b:", "b2:") },
      [
        "question · b vanished and b2 appeared at the same address: renamed? Then write was: b at b2 and apply again".replace(
          /^question · /,
          "question · b2: ",
        ),
        "stops · b: is no longer in the files; its history ends here",
        "starts · b2: starts, on broker, room 102",
      ],
    ],
    [
      "a device is switched off",
      { b: parts.b.replace(" }", ", stage: off, why: repair }") },
      ["stops · b: goes off (repair); its data end here, its id is kept"],
    ],
    [
      "a device moves",
      { b: parts.b.replace("102", "103") },
      ["changes · b: room 102 → 103; records from now on count there"],
    ],
    [
      "a point is off",
      { b: parts.b.replace(" }", ", points: { co2: off } }") },
      ["changes · b: co2 off: history ends here"],
    ],
    [
      "a point is stored and read by another rule",
      { b: parts.b.replace(" }", ", points: { co2: { period: 30s, deadband: 50 } } }") },
      ["changes · b: co2 period changed; co2 stored by another rule"],
    ],
    [
      "a point is corrected",
      { b: parts.b.replace(" }", ", points: { co2: { offset: 5, why: checked } } }") },
      ["changes · b: co2 converted differently; what is stored stays as it is"],
    ],
    [
      "a device goes on trial",
      { b: parts.b.replace(" }", ", stage: trial }") },
      ["changes · b: goes on trial: quality 18, no alarms"],
    ],
    [
      "a note is written",
      { b: parts.b.replace(" }", ", note: left of the door }") },
      ["changes · b: its notes changed"],
    ],
    [
      "a device gets other topics",
      { b: parts.b.replace(" }", ", topics: [x/y] }") },
      ["changes · b: address, credential or topics changed"],
    ],
    [
      "a link gets other settings",
      { links: parts.links.replace(" } }", ", maxPerAddress: 9 } }") },
      ["restarts · link broker: its settings changed, it closes and opens again; 2 devices connect anew"],
    ],
    [
      "an uplink gets other settings",
      { uplinks: parts.uplinks.replace("127.0.0.1:1", "127.0.0.1:2") },
      ["restarts · uplink province: its settings changed, it connects anew; the 7 records that wait stay"],
    ],
    [
      "an uplink takes less",
      { uplinks: parts.uplinks.replace(" } }", ", send: { points: [co2] } } }") },
      [
        "changes · uplink province: what it takes changed: it holds for what was not sent yet (7 wait now), not for what was",
      ],
    ],
    [
      "an uplink gets hours and a pace",
      {
        uplinks: parts.uplinks.replace(" } }", ', window: "18:00-07:00", backlog: { rate: 256kbit/s } } }'),
      },
      [
        "changes · uplink province: when and how fast it sends changed: in contact with the platform from 18:00 to 07:00 the next day only, alarms at any time; records kept from before are sent, with at most 256 kbit/s of the line",
      ],
    ],
    [
      "an uplink gets the platform's key",
      {
        uplinks: parts.uplinks.replace(
          " } }",
          ', carryKey: "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=" } }',
        ),
      },
      [
        "changes · uplink province: carryKey changed: from now on only receipts that this key signed confirm what was carried by hand",
      ],
    ],
    [
      "an uplink goes",
      { uplinks: "" },
      [
        "stops · uplink province: stops; 7 records are not confirmed: they are not sent to it any more, and are kept here only until the other uplinks have them",
      ],
    ],
    [
      "a page comes",
      { school: parts.school.replace("clock: trusted", 'clock: trusted, status: { listen: "127.0.0.1:0" }') },
      ["restarts · status page: at 127.0.0.1:0"],
    ],
    [
      "the school is renamed",
      { school: parts.school.replace("name: Test", "name: Other") },
      ["changes · school: name changed; it only shows differently"],
    ],
    [
      "only the start of an uplink that is there changes",
      { uplinks: parts.uplinks.replace("kind: mqtt", "kind: mqtt, start: now") },
      [
        "changes · uplink province: start changed: it counts only when an uplink is new; where it stands stays",
      ],
    ],
  ])("is said in one line when %s", (_what, to, expected) => {
    expect(lines({}, to, 7)).toEqual(expected);
  });

  it("names what ends before what begins", () => {
    const to = {
      b: "",
      more: parts.a.replace("a:", "c:").replace("ua", "uc"),
      a: parts.a.replace("101", "103"),
    };
    expect(lines({}, to).map((line) => line.split(" ")[0])).toEqual(["stops", "changes", "starts"]);
  });

  it("says that a device was renamed when it names its earlier id, and asks nothing then", () => {
    const made = folder();
    const before = plan(made);
    const after = plan(made, { b: parts.b.replace("b:", "b2:") });
    const renamed = {
      ...after,
      links: after.links.map((link) => ({
        ...link,
        points: new Map(
          [...link.points].map(([id, points]) => [
            id,
            id === "b2" ? { ...points, was: ["b0", "b"] } : points,
          ]),
        ),
      })),
    };
    expect(compare(before, renamed, nothing).changes.map(({ text }) => text.en)).toEqual([
      "b2: was b; its records up to now keep the old id, from now on they have b2",
    ]);
  });

  it("takes a new password for a change of its device alone, though the revision is the same", () => {
    const made = folder();
    const before = plan(made);
    const seen = digestSecrets(before);
    writeFileSync(join(made.config, "secrets", "b"), "changed");
    const after = made.plan();
    expect(after.revision).toBe(before.revision);
    const renewed = renewedSecrets(seen, digestSecrets(after));
    const { changes, links } = compare(before, after, { ...nothing, renewed });
    expect(changes.map(({ text }) => text.en)).toEqual(["b: new password: connections with the old one end"]);
    expect(links.update.map(({ id }) => id)).toEqual(["broker"]);
    expect([...digestSecrets(after).values()].join()).not.toContain("changed");
  });

  it("says that a clock comes to be trusted, or no longer is; what needs a restart is no change of what shows", () => {
    const auto = { school: parts.school.replace("trusted", "auto") };
    expect(lines(auto, {})).toEqual([
      "changes · school: clock auto→trusted, the system's time is taken as right from now on",
    ]);
    expect(lines({}, auto)).toEqual([
      "changes · school: clock trusted→auto, from now on it is right when the system says so; until then it goes on from where it is",
    ]);
    const other = { school: parts.school.replace("2133000001", "2133000002") };
    expect(lines({}, other).filter((line) => line.includes("school:"))).toEqual([]);
  });

  it.each<[string, Partial<typeof parts>]>([
    ["another school", { school: parts.school.replace("2133000001", "2133000002") }],
    ["another gateway", { school: parts.school.replace("gw1", "gw2") }],
    ["another data folder", { buffer: parts.buffer.replace("$DATA", "$DATA/deeper") }],
    ["another quota", { buffer: parts.buffer.replace("1GB", "2GB") }],
  ])("asks for a restart for %s", (_what, to) => {
    const made = folder();
    const { restart } = compare(plan(made), plan(made, to), nothing);
    expect(restart).toHaveLength(1);
  });
});
