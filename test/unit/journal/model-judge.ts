import type { Account } from "../../../edge/journal/index.ts";
import type { Line } from "./model-line.ts";
import { type Emission, numberOf, type Put, type Witness } from "./model-witness.ts";

/** Share of the quota that records of class K have for themselves, in characters of their rows. */
const keptShare = 0.5 / 1.5;
/** Share of it beyond which losses are told in brief, likewise. */
const ownShare = 0.1 / 1.5;
/** Under this name: of the gateway, and of no point. */
const inBrief = "gw1/null";

/** The four numbers of one uplink, of a life that has drained. `quotaBytes` null: there was none. */
export function judge(
  witness: Witness,
  line: Line,
  accounts: readonly Account[],
  quotaBytes: number | null,
): void {
  const { verdict } = witness;
  const { happened } = verdict;
  const { platform } = line;
  const streams = [...platform.streams.values()];
  const found = new Map<number, number>();
  for (const text of streams.flatMap((stream) => [...stream.done.values()])) {
    const n = numberOf(text);
    if (n !== null) found.set(n, (found.get(n) ?? 0) + 1);
  }
  // A platform restored to before an accepted retry keeps that record rejected: counted and visible, not silent.
  const visible = new Set(
    line.restores === 0
      ? []
      : streams.flatMap((stream) => [...stream.rejected.values()].map(({ text }) => numberOf(text))),
  );
  happened.records += found.size;
  const why = ({ epoch, seq }: Put) => platform.streams.get(epoch)?.gaps.get(seq);
  const missing = ({ acked, point }: Emission, n: number) =>
    acked && !line.withholds(point) && !found.has(n) && !visible.has(n);
  for (const [n, emission] of witness.emissions) {
    const times = found.get(n) ?? 0;
    if (line.withholds(emission.point) && times > 0) witness.broke(`${line.id}: ${n} was withheld and sent`);
    if (times > emission.ids) {
      verdict.duplicates += 1;
      const places = emission.puts.map(({ epoch, seq }) => `${epoch}/${seq}`);
      witness.broke(`${line.id}: ${n} is there ${times} times, put at ${places}`);
    }
    if (missing(emission, n)) judgeMissing(witness, line, emission, emission.puts.map(why), quotaBytes);
  }
  for (const ns of witness.messages) {
    const times = ns.map((n) => found.get(n) ?? 0);
    const { order = 0, puts = [] } = witness.emissions.get(ns[0] ?? 0) ?? {};
    const explained =
      mayMiss(line, order) ||
      puts.some((put) => put.vanished) ||
      ns.some((n) =>
        witness.emissions
          .get(n)
          ?.puts.some((put) => why(put) ?? put.vanished ?? isRefusedInHand(line, put.epoch, put.seq)),
      );
    if (
      visible.size === 0 &&
      happened.rollbacks === 0 &&
      !explained &&
      times.some((count) => count !== times[0])
    )
      witness.broke(`${line.id}: a message of ${ns} arrived in parts: ${times}`);
  }
  for (const account of accounts.filter(({ uplink }) => uplink === line.id))
    judgeAccount(witness, line, account);
  for (const { epoch, seq, why } of platform.cameAfterAll) {
    // An early alarm and what was carried may come after their loss was told, which said that it was not certain.
    const excused =
      why === "policy" ? false : witness.doubtful.has(epoch) || maybeThere(witness, line, `${epoch}/${seq}`);
    if (excused) continue;
    verdict.falseGaps += 1;
    witness.broke(`${line.id}: ${epoch}/${seq} came though declared ${why}`);
  }
  judgeLosses(witness, line, quotaBytes);
  if (platform.conflicts > 0)
    witness.broke(`${line.id}: ${platform.conflicts} conflicts: a key was used twice`);
  if (platform.malformed > 0) witness.broke(`${line.id}: ${platform.malformed} malformed slices`);
}

/** It was put when nothing was held for this uplink. */
function mayMiss(line: Line, order: number): boolean {
  return !line.holds || (line.everAway && order <= line.since);
}

/** Acknowledged and not there: it must be declared, and for a reason that there was. */
function judgeMissing(
  witness: Witness,
  line: Line,
  { order, puts }: Emission,
  reasons: (string | undefined)[],
  quotaBytes: number | null,
): void {
  const { verdict } = witness;
  const { happened } = verdict;
  const declared = reasons.find((reason) => reason !== undefined && reason !== "policy");
  const wasAway = mayMiss(line, order);
  const vanished = puts.some((put) => put.vanished !== null);
  const first = puts[0] as Put;
  if (declared === undefined) {
    // What was put while an uplink was none of ours, or by an epoch of which no row is left, nobody tells it.
    if (wasAway || puts.some((put) => put.vanished === "unknown")) return;
    // Carried, refused there, and gone for want of room before the platform's word came: told as a loss, and visible there.
    if (quotaBytes !== null && puts.some(({ epoch, seq }) => isRefusedInHand(line, epoch, seq))) return;
    verdict.lostAcked += 1;
    witness.broke(
      `${line.id}: ${first.n} at ${first.epoch}/${first.seq} (${first.vanished}) is lost: ${reasons}`,
    );
    return;
  }
  // What one that holds nothing misses may lie in an interval of which measurements made room.
  const isRight =
    declared === "quota"
      ? quotaBytes !== null &&
        (!first.isKept || !line.holds || vanished || witness.keptChars > quotaBytes * keptShare)
      : declared === "before"
        ? line.filter.start === "now" && order <= line.since
        : vanished ||
          !line.holds ||
          wasAway ||
          (declared === "gone" && line.restores > 0 && quotaBytes !== null);
  happened[declared === "quota" ? "evicted" : "unreadable"] += 1;
  if (isRight) return;
  verdict.falseGaps += 1;
  witness.broke(`${line.id}: ${first.n} at ${first.epoch}/${first.seq} was declared ${declared}`);
}

/** It came on a stick, was refused there, and is so to this day. */
function isRefusedInHand({ platform, brought }: Line, epoch: string, seq: number): boolean {
  return platform.streams.get(epoch)?.rejected.has(seq) === true && brought.has(`${epoch}/${seq}`);
}

/** The account of an epoch is what the platform has. */
function judgeAccount(witness: Witness, line: Line, account: Account): void {
  const { id, platform } = line;
  const { epoch, head, delivered, withheld, lost, quarantined } = account;
  const stream = platform.streams.get(epoch);
  const upTo = (seqs: Iterable<number>) => [...seqs].filter((seq) => seq <= head);
  const done = upTo(stream?.done.keys() ?? []).length;
  const gaps = upTo(stream?.gaps.keys() ?? []).length;
  // What was refused, and then lost after its platform had gone back, is declared.
  const refused = upTo(stream?.rejected.keys() ?? []).filter((seq) => !stream?.gaps.has(seq));
  // Refused there and lost here: it made room before the word about what was carried came, or nobody held it any more.
  const mayBeLost = refused.filter((seq) => {
    const order = witness.emissions.get(witness.puts.get(`${epoch}/${seq}`)?.n ?? 0)?.order ?? 0;
    return isRefusedInHand(line, epoch, seq) || mayMiss(line, order);
  }).length;
  // Of what was lost without certainty the platform may have some, and of doubtful epochs more than we know.
  const losses = [...platform.losses.values()].filter((loss) => loss.uplink === id && !loss.certain);
  const uncertain =
    !line.holds || line.everAway
      ? Number.POSITIVE_INFINITY
      : losses.reduce((sum, { count }) => sum + count, 0);
  // Refused there and delivered here: a platform that was restored to before it took it.
  const mayBeTaken = line.restores > 0 ? refused.length : 0;
  const isWithin = (count: number, most: number) => 0 <= count && count <= most;
  // Of `there` records that it has and we lost: what is left of either sum was refused there.
  const addsUp = (there: number) =>
    isWithin(withheld + lost - gaps - there, mayBeLost) && isWithin(delivered - done + there, mayBeTaken);
  const total = delivered + withheld + lost + quarantined;
  const isSum = total === done + gaps + refused.length;
  const most = Math.min(done, uncertain);
  if (isSum && Array.from({ length: most + 1 }, (_, there) => there).some(addsUp)) return;
  if (witness.doubtful.has(epoch)) return;
  witness.broke(
    `${id} has ${done} and ${gaps} gaps, ${refused.length} refused, of ${JSON.stringify(account)}`,
  );
}

/** What the platform has although its loss was told: alarms are sent early, and what was carried may have arrived. */
function maybeThere(witness: Witness, line: Line, key: string): boolean {
  const isAlarm = witness.puts.get(key)?.series.kind === "alarm";
  return isAlarm || line.brought.has(key) || !line.holds || line.everAway;
}

/** Each record that made room was told, by uplink and point; where it is certain, to the very number. */
function judgeLosses(witness: Witness, line: Line, quotaBytes: number | null): void {
  const { happened } = witness.verdict;
  const { id, platform } = line;
  const told = new Map<string, { certain: number; uncertain: number; lost: number; untold: number }>();
  const of = (name: string) => {
    const known = told.get(name) ?? { certain: 0, uncertain: 0, lost: 0, untold: 0 };
    told.set(name, known);
    return known;
  };
  for (const loss of platform.losses.values()) {
    if (loss.uplink !== id || loss.reason !== "quota") continue;
    of(`${loss.device}/${loss.point}`)[loss.certain ? "certain" : "uncertain"] += loss.count;
    if (!line.holds) witness.broke(`${id}: a loss was told to an uplink that holds nothing`);
  }
  for (const [epoch, { gaps }] of platform.streams) {
    for (const [seq, why] of gaps) {
      const put = witness.puts.get(`${epoch}/${seq}`);
      if (why !== "quota" || put === undefined || line.withholds(put.series.point)) continue;
      const loss = of(`${put.series.device}/${put.series.point}`);
      loss.lost += 1;
      const { order } = witness.emissions.get(put.n) as Emission;
      // It had it, and its backup did not; or it was none of ours when others lost it.
      if (platform.everDone.has(`${epoch}/${seq}`) || order <= line.since) loss.untold += 1;
    }
  }
  if (!line.holds || happened.rollbacks + happened.damages > 0) return;
  // Where what was told takes much room already, a sum for the uplink is told instead of one for each series.
  const brief = told.get(inBrief);
  told.delete(inBrief);
  if (brief !== undefined && witness.ownChars <= (quotaBytes ?? 0) * ownShare)
    witness.broke(`${id}: told in brief though little was told before`);
  let untold = 0;
  let maybe = 0;
  for (const [name, loss] of told) {
    const missing = loss.lost - loss.untold - loss.certain - loss.uncertain;
    untold += Math.max(0, missing);
    maybe += Math.max(0, loss.lost - loss.certain);
    if (loss.certain > loss.lost || (brief === undefined && missing > 0))
      witness.broke(`${id}: ${name}: told ${JSON.stringify(loss)}`);
  }
  if (brief === undefined) return;
  if (untold > brief.certain + brief.uncertain || brief.certain > maybe)
    witness.broke(`${id}: told in brief ${JSON.stringify(brief)} of ${untold} to ${maybe}`);
}
