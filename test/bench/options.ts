/** What can be asked of the benchmark. */
import { parseArgs } from "node:util";

/** Sections in the order in which they run. */
export const sectionNames = [
  "saturation",
  "steady",
  "slow-disk",
  "commit",
  "start",
  "check",
  "frozen-subscriber",
  "bus",
  "modbus-tcp",
  "history",
  "backlog",
  "link-back",
  "memory",
  "wear",
  "cameras",
  "schools",
  "growth",
  "profile",
] as const;
export type SectionName = (typeof sectionNames)[number];
/** Runs only when asked for by name. */
const onlyByName: readonly SectionName[] = ["profile"];

export const help = `npm run bench -- [--quick] [SECTION …]

Measures and prints one table. Without a section all of them but profile, about 40 minutes; --quick: six.
  saturation         messages/s and CPU per 1,000, with 50 and 500 devices
  steady             CPU at 200 messages/s, waiting times, memory
  slow-disk          how late the event loop is with fsyncs of 200 ms (needs strace)
  commit             rows per commit, fsyncs/s and waiting for several values of ack (needs strace)
  start              start to the first confirmed record
  check              how long \`check\` takes for 500 rooms and 1,000 devices
  frozen-subscriber  what a device that does not read does to the others
  bus                a serial line of 9600 baud beside what it allows at best, and with dead devices on it
  modbus-tcp         500 slaves each second, and 50 flat out beside a bare client for each
  history            what the local history costs at 1,000 records/s beside the journal
  backlog            how old live values are, and how fast old ones leave, when the platform was away
  link-back          when the platform gets something again, after having been away
  memory             over a million records going through, waiting and leaving
  wear               bytes written per stored record, years of an eMMC, what a power cut costs (beside mosquitto)
  cameras            what forty cameras, some hostile, do to meters on a line and to the event loop
  schools            what whole simulated schools of 12, 40 and 120 rooms cost their gateway
  growth             what a record costs with 10, 100, 1,000 and 5,000 MQTT devices
  profile            where campus-edge and the relay spend their CPU time at saturation

Figures are medians over the rounds; ±n% is how far the rounds are from it. Ratios are taken within a round.
How late the event loop is includes the 1 ms of the timer that tells it.
Data lie in TMPDIR: let it be the disk that you mean.`;

/** Which sections, and whether roughly. @throws with what is wrong, for people */
export function optionsOf(args: string[]): { quick: boolean; help: boolean; names: readonly SectionName[] } {
  const { values, positionals } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  const known = (name: string): name is SectionName => sectionNames.some((one) => one === name);
  const unknown = positionals.filter((name) => !known(name));
  if (unknown.length > 0)
    throw new Error(`no section ${unknown.join(", ")}; there are ${sectionNames.join(", ")}`);
  const all = sectionNames.filter((name) => !onlyByName.includes(name));
  return { ...values, names: positionals.length > 0 ? positionals.filter(known) : all };
}
