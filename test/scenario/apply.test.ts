/** Another configuration for a school in full swing: what is the same goes on as if nothing had happened. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { broker, drained, type Files, type School, school, talk, until, verdictOf } from "./apply-school.ts";
import { freePort } from "./school-folder.ts";

let open: School | null = null;
afterEach(async () => {
  await open?.stop();
  open = null;
});

const ids = (count: number) =>
  Array.from({ length: count }, (_, at) => `d${String(at + 1).padStart(2, "0")}`);
const named = (list: readonly string[]): Files["devices"] =>
  Object.fromEntries(list.map((id, at) => [id, { room: String(101 + at) }]));

async function running(files: Files): Promise<School> {
  open = await school(files);
  return open;
}

/** What the log says of an uplink beyond what is expected. */
const complaints = ({ log }: School, uplink: string) =>
  log.lines.filter(
    ({ level, fields }) => level !== "debug" && (fields as { uplink?: string }).uplink === uplink,
  );

const zero = { lostAcked: [], duplicates: [], phantoms: [] };

describe("a school of twenty devices that publish all the time", () => {
  it("gets and loses devices, passwords, rooms, rules and topics: the others keep their sockets, nothing acknowledged is lost", async () => {
    const all = ids(20);
    const files = named(all);
    const s = await running({ devices: files });
    const port = await s.port("broker");
    const devices = all.map((id) => s.device(id, port));
    await Promise.all(devices.map((device) => device.start()));
    const talks = devices.map((device) => talk(device, s.fresh));
    await until(() => s.platform.count > 200);
    const before = s.agent.status().revision.running;

    s.secret("d21", "pw-d21");
    const { d20: _gone, ...rest } = files;
    s.write({ devices: { ...rest, d21: { room: "121" } } });
    const first = await s.agent.applyFiles();
    expect(first.changes.map(({ what, of, id }) => `${what} ${of} ${id}`)).toEqual([
      "stops device d20",
      "starts device d21",
    ]);
    expect(s.agent.status().counts.devices.total).toBe(20);
    expect(s.agent.status().devices.map(({ id }) => id)).not.toContain("d20");
    expect(s.agent.status().revision.running).toBe(first.running);
    expect(first.running).not.toBe(before);
    const d21 = s.device("d21", port);
    await d21.start();
    talks.push(talk(d21, s.fresh));

    s.secret("d18", "changed");
    s.write({
      devices: {
        ...rest,
        d21: { room: "121" },
        d19: { room: "119", more: "period: 30s, points: { co2: { deadband: off, maxSilence: 120s } }" },
        d17: { room: "117", more: "topics: [ce/v1/d17/up/prop, ce/v1/d17/up/event]" },
        d16: { room: "140" },
      },
    });
    const second = await s.agent.applyFiles();
    expect(second.changes.map(({ what, id }) => `${what} ${id}`).sort()).toEqual(
      ["d16", "d17", "d18", "d19"].map((id) => `changes ${id}`),
    );
    await talks[17]?.stop();
    const d18 = s.device("d18", port, "changed");
    await devices[17]?.stop();
    await d18.start();
    talks.push(talk(d18, s.fresh));
    const mark = s.platform.count;
    await until(() => s.platform.count > mark + 200);

    await Promise.all(talks.map((one) => one.stop()));
    const live = [...devices.slice(0, 17), devices[18], d18, d21].filter((device) => device !== undefined);
    await Promise.all(live.map((device) => device.idle()));
    await drained(s.agent);
    for (const [at, id] of all.entries()) {
      const parts = id === "d18" ? [devices[17], d18] : [devices[at]];
      const verdict = verdictOf(
        id,
        parts.filter((part) => part !== undefined),
        s.platform,
      );
      expect(verdict, id).toMatchObject(zero);
      expect(verdict.received, id).toBeGreaterThan(0);
    }
    expect(verdictOf("d21", [d21], s.platform)).toMatchObject(zero);
    for (const id of all.slice(0, 17)) {
      expect(
        s.facts.filter(({ device }) => device === id),
        id,
      ).toEqual([{ device: id, what: "up" }]);
      const emissions = devices[all.indexOf(id)]?.emissions ?? [];
      expect(
        emissions.every(({ wire }) => wire.length === 1),
        id,
      ).toBe(true);
    }
    // The moved one: old room up to the change, new room from then on, never back.
    const rooms = s.platform.records().filter(({ device, point }) => device === "d16" && point === "co2");
    const moved = rooms.findIndex(({ space }) => space.endsWith("140"));
    expect(moved).toBeGreaterThan(0);
    expect(rooms.slice(moved).every(({ space }) => space.endsWith("140"))).toBe(true);
    expect(rooms.slice(0, moved).every(({ space }) => space.endsWith("116"))).toBe(true);
  });

  it("lets in what was refused and refuses what was removed, on the same open port", async () => {
    const s = await running({ devices: named(ids(2)) });
    const port = await s.port("broker");
    s.secret("d03", "pw-d03");
    s.write({ devices: named(ids(3)) });
    await s.agent.applyFiles();
    expect(await s.port("broker")).toBe(port);
    const d03 = s.device("d03", port);
    await d03.start();
    s.write({ devices: named(ids(2)) });
    await s.agent.applyFiles();
    await d03.until(() => !d03.online);
    const said = d03.emit({ co2: 444 });
    const d01 = s.device("d01", port);
    await d01.start();
    d01.emit({ co2: 445 });
    await d01.idle();
    await drained(s.agent);
    expect(said.ackedMs).toBeNull();
    expect(s.platform.records().some(({ value }) => value === 444)).toBe(false);
  });

  it("opens a link anew when its settings change, and only that one", async () => {
    const devices = { d01: { room: "101" }, d02: { room: "102", link: "other" } };
    const s = await running({ devices, links: { broker, other: broker } });
    const [port, other] = [await s.port("broker"), await s.port("other")];
    const [d01, d02] = [s.device("d01", port), s.device("d02", other)];
    await Promise.all([d01.start(), d02.start()]);
    const changed = broker.replace("}", ", maxPerAddress: 50 }");
    s.write({ devices, links: { broker, other: changed } });
    const { changes } = await s.agent.applyFiles();
    expect(changes.map(({ what, id }) => `${what} ${id}`)).toEqual(["restarts other"]);
    await d02.until(() => !d02.online);
    await until(() => s.agent.status().links.every(({ state }) => state === "ok"));
    expect(d01.online).toBe(true);
    const again = s.device("d02", await s.port("other"));
    await again.start();
    again.emit({ co2: 500 });
    await again.idle();
    s.write({ devices: { d01: devices.d01 }, links: { broker } });
    await s.agent.applyFiles();
    await again.until(() => !again.online);
    expect(s.agent.status().links.map(({ id }) => id)).toEqual(["broker"]);
    await drained(s.agent);
    expect(s.platform.records().some(({ value }) => value === 500)).toBe(true);
    expect(s.facts.filter(({ device }) => device === "d01")).toEqual([{ device: "d01", what: "up" }]);
  });
});

describe("an uplink", () => {
  const uplink = (s: School, more = "") =>
    `{ kind: mqtt, url: "${s.platform.url}", user: gw, password: secret:north${more} }`;

  it("that is down gets other settings, and everything that waited arrives once", async () => {
    const s = await running({ devices: named(ids(1)) });
    const d01 = s.device("d01", await s.port("broker"));
    await d01.start();
    await drained(s.agent);
    await s.platform.down();
    for (let n = 0; n < 50; n++) d01.emit({ co2: s.fresh() });
    await d01.idle();
    s.write({ devices: named(ids(1)), uplinks: { province: uplink(s, ", keepAlive: 20s") } });
    const { changes } = await s.agent.applyFiles();
    expect(changes).toMatchObject([{ what: "restarts", of: "uplink", id: "province" }]);
    expect(changes[0]?.text.en).toMatch(/the [1-9]\d* records that wait stay/);
    await s.platform.up();
    await drained(s.agent);
    expect(verdictOf("d01", [d01], s.platform)).toEqual({ ...zero, received: 50 });
    expect(s.agent.status().uplinks).toMatchObject([{ id: "province", lost: 0, quarantined: 0 }]);
  });

  it("comes, takes what is kept or what comes from now on, goes with its records kept, and goes on when it is back", async () => {
    const s = await running({ devices: named(ids(1)) });
    const other = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
    const third = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
    try {
      const d01 = s.device("d01", await s.port("broker"));
      await d01.start();
      const talking = talk(d01, s.fresh);
      await until(() => s.platform.count > 20);
      const province = uplink(s);
      const district = province.replace(s.platform.url, other.url);
      const later = province.replace(s.platform.url, third.url).replace("}", ", start: now }");
      s.write({ devices: named(ids(1)), uplinks: { province, district, later } });
      const { changes } = await s.agent.applyFiles();
      expect(changes.map(({ what, id }) => `${what} ${id}`)).toEqual(["starts district", "starts later"]);
      expect(s.agent.status().counts.uplinks.total).toBe(3);
      await until(() => third.count > 20);

      await other.down();
      const held = s.platform.count;
      await until(() => s.platform.count > held + 20);
      s.write({ devices: named(ids(1)), uplinks: { province } });
      const gone = await s.agent.applyFiles();
      expect(gone.changes[0]?.text.en).toMatch(/^uplink district: stops; [1-9]\d* records are not confirmed/);
      expect(s.agent.status().uplinks.map(({ id }) => id)).toEqual(["province"]);
      const alone = s.platform.count;
      await until(() => s.platform.count > alone + 20);

      await other.up();
      s.write({ devices: named(ids(1)), uplinks: { province, district } });
      await s.agent.applyFiles();
      await talking.stop();
      await d01.idle();
      await drained(s.agent);
      expect(verdictOf("d01", [d01], s.platform)).toMatchObject(zero);
      expect(verdictOf("d01", [d01], other)).toMatchObject(zero);
      expect(verdictOf("d01", [d01], third)).toMatchObject({ duplicates: [], phantoms: [] });
      const { received } = verdictOf("d01", [d01], third);
      expect(received).toBeLessThan(verdictOf("d01", [d01], other).received);
      expect(complaints(s, "province")).toEqual([]);
    } finally {
      await other.stop();
      await third.stop();
    }
  });

  it("takes other records from now on, and what it no longer takes counts as withheld", async () => {
    const s = await running({ devices: named(ids(2)) });
    const port = await s.port("broker");
    const [d01, d02] = [s.device("d01", port), s.device("d02", port)];
    await Promise.all([d01.start(), d02.start()]);
    const say = async () => {
      for (const device of [d01, d02]) device.emit({ co2: s.fresh() });
      await Promise.all([d01.idle(), d02.idle()]);
    };
    await say();
    await drained(s.agent);
    s.write({ devices: named(ids(2)), uplinks: { province: uplink(s, ", send: { spaces: [101] }") } });
    const { changes } = await s.agent.applyFiles();
    expect(changes.map(({ what, of }) => `${what} ${of}`)).toEqual(["changes uplink"]);
    await say();
    await say();
    await drained(s.agent);
    expect(verdictOf("d01", [d01], s.platform).received).toBe(3);
    expect(verdictOf("d02", [d02], s.platform).received).toBe(1);
    expect(s.agent.status().uplinks[0]).toMatchObject({ withheld: 2, lost: 0 });
  });

  it("that is not named in a change keeps its connection, also with batches in flight", async () => {
    const s = await running({ devices: named(ids(2)) });
    const d01 = s.device("d01", await s.port("broker"));
    await d01.start();
    await until(() => s.agent.status().uplinks[0]?.state === "ok");
    const talking = talk(d01, s.fresh);
    const { batches } = s.platform.counters;
    for (const room of ["103", "104", "105", "106"]) {
      s.write({ devices: { ...named(ids(1)), d02: { room } } });
      await s.agent.applyFiles();
    }
    await until(() => s.platform.counters.batches > batches + 2);
    await talking.stop();
    await d01.idle();
    await drained(s.agent);
    expect(complaints(s, "province")).toEqual([]);
    expect(s.agent.status().uplinks[0]?.strays).toBe(0);
    expect(verdictOf("d01", [d01], s.platform)).toMatchObject(zero);
  });
});

it("the page opens, moves and closes with the files, and shows the revision that runs", async () => {
  const s = await running({ devices: named(ids(1)) });
  expect(s.agent.page()).toBeNull();
  const page = async (port: number) => {
    s.write({
      devices: named(ids(1)),
      keys: `, name: 学校 ${port}, status: { listen: "127.0.0.1:${port}" }`,
    });
    const { running: revision } = await s.agent.applyFiles();
    await until(() => s.agent.page() !== null);
    const at = s.agent.page();
    expect(at?.port).toBe(port);
    const status = await (await fetch(`http://127.0.0.1:${at?.port}/status.json`)).json();
    expect(status).toMatchObject({ name: `学校 ${port}`, revision: { running: revision } });
  };
  const [first, second] = [await freePort(), await freePort()];
  await page(first);
  await page(second);
  await expect(fetch(`http://127.0.0.1:${first}/healthz`)).rejects.toThrow();
  s.write({ devices: named(ids(1)) });
  await s.agent.applyFiles();
  expect(s.agent.page()).toBeNull();
  await expect(fetch(`http://127.0.0.1:${second}/healthz`)).rejects.toThrow();
});

describe("what is refused", () => {
  it("a configuration with mistakes: the old one runs on, no socket is touched, and the answer names the place", async () => {
    const s = await running({ devices: named(ids(2)) });
    const d01 = s.device("d01", await s.port("broker"));
    await d01.start();
    const { revision } = s.agent.status();
    s.write({ devices: { ...named(ids(2)), d03: { room: "999" } } });
    await expect(s.agent.applyFiles()).rejects.toMatchObject({
      code: "mistakes",
      what: { en: expect.stringContaining("school.yaml:") },
    });
    expect(s.agent.status().revision.running).toBe(revision.running);
    d01.emit({ co2: 401 });
    await d01.idle();
    expect(s.facts).toEqual([{ device: "d01", what: "up" }]);
  });

  it("another data folder: only at a start, and nothing of the rest is done either", async () => {
    const s = await running({ devices: named(ids(2)) });
    const other = join(s.folder.data, "..", "elsewhere");
    s.write({
      devices: named(ids(1)),
      school: `buffer: { folder: "${other}", quota: 1GB, diskFloor: 1MB }\n`,
    });
    await expect(s.agent.applyFiles()).rejects.toMatchObject({ code: "needs-restart" });
    expect(s.agent.status().devices.map(({ id }) => id)).toEqual(["d01", "d02"]);
  });

  it("a secret that vanished in between: links that had gone over are taken back, and all devices go on", async () => {
    const devices = { d01: { room: "101" }, d02: { room: "102", link: "other" } };
    const links = { broker, other: broker };
    const s = await running({ devices, links });
    const d01 = s.device("d01", await s.port("broker"));
    const d02 = s.device("d02", await s.port("other"));
    await Promise.all([d01.start(), d02.start()]);
    s.secret("d03", "pw-d03");
    s.secret("d04", "pw-d04");
    s.write({ devices: { ...devices, d03: { room: "103" }, d04: { room: "104", link: "other" } }, links });
    const plan = s.folder.plan();
    rmSync(join(s.folder.config, "secrets", "d04"));
    await expect(s.agent.apply(plan)).rejects.toMatchObject({ code: "failed" });
    expect(s.agent.status().devices.map(({ id }) => id)).toEqual(["d01", "d02"]);
    expect(s.agent.status().revision.running).not.toBe(plan.revision);
    for (const device of [d01, d02]) device.emit({ co2: s.fresh() });
    await Promise.all([d01.idle(), d02.idle()]);
    expect(s.facts.map(({ what }) => what)).toEqual(["up", "up"]);
    const stranger = s.device("d03", await s.port("broker"));
    void stranger.start();
    await until(() => s.agent.status().strangers.length > 0);
    // Mended: the same plan goes through.
    s.secret("d04", "pw-d04");
    await s.agent.apply(plan);
    await stranger.until(() => stranger.online);
    expect(s.facts.filter(({ what }) => what === "down")).toEqual([]);
  });
});

describe("in what order", () => {
  it("several at once run one after the other, and the last one asked for runs", async () => {
    const s = await running({ devices: named(ids(1)) });
    const plans = ["102", "103", "104"].map((room) => {
      s.write({ devices: { d01: { room } } });
      return s.folder.plan();
    });
    const answers = await Promise.all(plans.map((plan) => s.agent.apply(plan)));
    expect(answers.map(({ running }) => running)).toEqual(plans.map(({ revision }) => revision));
    expect(answers.map(({ changes }) => changes[0]?.text.en)).toEqual([
      "d01: room 101 → 102; records from now on count there",
      "d01: room 102 → 103; records from now on count there",
      "d01: room 103 → 104; records from now on count there",
    ]);
    expect(s.agent.status().devices[0]?.space.endsWith("104")).toBe(true);
  });

  it("a stop waits for the one under way and refuses those behind it; nothing stays open", async () => {
    const s = await running({ devices: named(ids(2)) });
    const port = await s.port("broker");
    s.write({ devices: named(ids(1)), links: { broker: broker.replace("}", ", maxPerAddress: 50 }") } });
    const plan = s.folder.plan();
    const first = s.agent.apply(plan);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    const stopped = s.agent.stop();
    const second = s.agent.apply(plan);
    await expect(second).rejects.toMatchObject({ code: "stopping" });
    await first.catch(({ code }) => expect(code).toBe("stopping"));
    await stopped;
    const d01 = s.device("d01", port);
    void d01.start();
    await new Promise(setImmediate);
    expect(d01.online).toBe(false);
  });
});
