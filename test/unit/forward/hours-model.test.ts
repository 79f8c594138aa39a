/**
 * Random days of one uplink with hours and a pace: outages, "not now", silence, rejected sendings, steps of the clock.
 */
import { afterEach, expect, it } from "vitest";
import { inBoth, joined } from "../../../config/load/shape/contact-window.ts";
import type { BacklogPlan, DailyRange } from "../../../config/schema/plan.ts";
import { Contact } from "../../../edge/agent/contact.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { draft } from "../../suites/journal.ts";
import { seeded } from "../journal/model-dice.ts";
import { alarm, closeWorlds, newWorld, type ScriptedSession, type Sent, values } from "./world.ts";

afterEach(closeWorlds);

const second = 1000;
const hour = 3_600_000;
/** Time passes in such pieces; what the disk does in between takes none. */
const piece = 5 * second;

async function live(seed: number) {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const range = (): DailyRange => {
    const from = 15 * below(96);
    return { from, to: from + 30 + 15 * below(60) };
  };
  const window = chance(0.7) ? joined([range(), range()]) : undefined;
  const own = chance(0.6) ? joined([range(), range()]) : undefined;
  const apart = window !== undefined && own !== undefined && inBoth(window, own).length === 0;
  const backlog: BacklogPlan = {
    ...(chance(0.7) ? { recordsPerS: 5 + below(100) } : {}),
    ...(chance(0.5) ? { bytesPerS: 500 + below(5000) } : {}),
    ...(own === undefined || apart ? {} : { window: own }),
  };
  const plan = { backlog, ...(window === undefined ? {} : { window }) };
  const w = await newWorld({ schedule: plan });
  const { clock, forwarder } = w;
  const { recordsPerS = Number.POSITIVE_INFINITY, bytesPerS = Number.POSITIVE_INFINITY } = backlog;

  let mood: "well" | "silent" | "busy" | "broken" | "away" = "well";
  let session: ScriptedSession | null = null;
  let began = 0;
  const wrong: string[] = [];
  const left: { at: number; rows: number; bytes: number }[] = [];
  const firstSeen = new Map<number, number>();
  let sendings = 0;
  const inside = (ranges: readonly DailyRange[] | undefined) => {
    const minute = ((clock.wallMs() + 8 * hour) % (24 * hour)) / 60_000;
    return ranges?.some(({ from, to }) => (minute >= from && minute < to) || minute + 1440 < to) ?? true;
  };
  const onSend = (sent: Sent) => {
    sendings += 1;
    const { lane, rows } = sent.slice;
    if (lane !== "early" && !inside(window)) wrong.push(`${lane} outside the window`);
    if (lane === "backlog" && rows.length > 0) {
      if (!inside(backlog.window)) wrong.push("backlog outside its window");
      left.push({ at: sent.at, rows: rows.length, bytes: wire(sent.batch) });
    }
    if (mood === "silent") return;
    void clock.sleep(20 + below(400), new AbortController().signal).then(() => {
      if (!sent.open) return;
      if (mood === "busy")
        sent.answer({
          batch: sent.batch.id,
          taken: 0,
          rejected: [],
          next: null,
          at: null,
          retryAfterMs: 1 + below(60_000),
        });
      else if (mood === "broken") sent.fail(new UplinkError("quota", "later", "no"));
      else {
        for (const value of values(sent.slice))
          if (!firstSeen.has(value)) firstSeen.set(value, clock.monotonicMs());
        w.take(sent);
      }
    });
  };
  const wire = ({ bytes }: Sent["batch"]) => Math.ceil(bytes.byteLength / 3);
  let wanted = false;
  const serve = () => {
    if (!wanted || session !== null || mood === "away") return;
    began += 1;
    const next = w.session(1 + below(20), onSend);
    next.wireBytes = wire;
    session = next;
    void w.serve(next).then(() => {
      if (session === next) session = null;
    });
  };
  const drop = async () => {
    session?.end(new Error("gone"));
    session = null;
    await w.quiet();
  };
  const schedule = w.scheduled(plan);
  const contact = new Contact({
    clock,
    schedule,
    forwarder,
    begin() {
      wanted = true;
      serve();
    },
    async end() {
      wanted = false;
      session?.end(null);
      session = null;
      await new Promise(setImmediate);
    },
  });
  w.journal.onChange(() => contact.look());
  contact.start();
  let steps = 0;
  const step = forwarder.step.bind(forwarder);
  forwarder.step = () => {
    steps += 1;
    return step();
  };
  const alarms = new Map<number, number>();
  let n = 0;
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += piece) {
      serve();
      await w.pass(piece, piece);
      contact.look();
    }
  };
  const day = async (actions: number) => {
    for (let action = 0; action < actions; action++) {
      const dice = below(100);
      if (dice < 45) {
        const drafts = Array.from({ length: 1 + below(chance(0.2) ? 1500 : 30) }, () => draft(++n));
        w.journal.append(drafts, [], "now").catch(() => {});
      } else if (dice < 60) {
        alarms.set(++n, clock.monotonicMs());
        w.put(n, alarm);
      } else if (dice < 75) {
        mood = (["well", "silent", "busy", "broken", "away"] as const)[below(5)] ?? "well";
        if (mood === "away") await drop();
      } else if (dice < 80) await drop();
      else if (dice < 83) {
        // The clock was wrong. What was sent by the wrong one is no fault.
        clock.step((below(7200) - 3600) * second);
        forwarder.paced();
      }
      await pass(piece * (1 + below(60)));
    }
  };
  await day(60);
  mood = "well";
  await pass(11 * 60 * second);
  // Alarms while all is well, all around the day.
  alarms.clear();
  for (let times = 0; times < 6; times++) {
    await w.pass(4 * hour, 120 * second);
    serve();
    alarms.set(++n, clock.monotonicMs());
    w.put(n, alarm);
    await pass(6 * piece);
  }
  for (const [value, at] of alarms) {
    const age = (firstSeen.get(value) ?? Number.POSITIVE_INFINITY) - at;
    if (age > 3 * piece) wrong.push(`an alarm took ${age} ms`);
  }
  let hours = 0;
  for (; w.waiting > 0 && hours < 24 * 40; hours++) {
    serve();
    await w.pass(hour, 30 * second);
  }
  if (w.waiting > 0) wrong.push(`${w.waiting} never went`);
  let [rows, bytes] = [0, 0];
  for (const [index, batch] of left.entries()) {
    const since = (batch.at - (left[0]?.at ?? 0)) / 1000;
    // Both are paid before the next leaves; nothing is charged for what is late by a millisecond.
    if (index > 0 && rows > recordsPerS * since + 1) wrong.push(`${rows} rows within ${since} s`);
    if (index > 0 && bytes > bytesPerS * since + 1) wrong.push(`${bytes} bytes within ${since} s`);
    rows += batch.rows;
    bytes += batch.bytes;
  }
  const result = { wrong, began, sendings, steps, records: n, hours, stalls: w.of("stalled").length };
  await contact.stop();
  return { ...result, commits: w.journal.status().commits };
}

it("drains through hours, outages and refusals, alarms first, never faster than its pace, without a busy loop", async () => {
  const first = Number(process.env.CE_MODEL_FIRST ?? 1);
  const seeds = Number(process.env.CE_MODEL_SEEDS ?? 4);
  const total = { records: 0, began: 0, sendings: 0, steps: 0, commits: 0, stalls: 0 };
  for (let seed = first; seed < first + seeds; seed++) {
    const { wrong, ...seen } = await live(seed);
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    // A step has a reason: a sending, its answer, what it read, a commit, a session, a time-out.
    expect(seen.steps, `seed ${seed}: ${JSON.stringify(seen)}`).toBeLessThan(
      3 * (seen.sendings + seen.commits + seen.began) + 200,
    );
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += seen[name];
  }
  console.log(`hours: ${seeds} lives, ${JSON.stringify(total)}`);
}, 120_000);
