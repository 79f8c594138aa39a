/**
 * What a whole simulated school costs its gateway: every device on its line, in its network or behind its bridge, at
 * the pace of the scene, and a platform that takes what comes. The schools are side by side.
 */
import { tmpdir } from "node:os";
import { saveConfiguration } from "../../../edge/cli/save-configuration.ts";
import { freePort, schoolFolder } from "../../scenario/school-folder.ts";
import type { Section } from "../bench.ts";
import { type Part, startPart } from "../calls.ts";
import type { CandidateCalls, Standing } from "../candidate.ts";
import { type Cost, costFrom, noteCost } from "../cost.ts";
import { whileRunning } from "../ending.ts";
import { Meeting } from "../meeting.ts";
import { pause } from "../moment.ts";
import type { SceneCalls } from "../scene.ts";
import { inMemory } from "../usage.ts";
import { allUp } from "../world.ts";

interface Seen {
  scene: string;
  upMs: number;
  before: Standing;
  after: Standing;
  spent: Cost;
}

export const section: Section = async ({ quick, figures, say }) => {
  const scenes = quick ? ["primary-40"] : ["primary-12", "primary-40", "junior-120"];
  // Whole periods: every device then says what it says equally often.
  const lastsMs = quick ? 20_000 : 120_000;
  const onDisk = !inMemory(tmpdir());
  if (!onDisk) figures.remark("schools: TMPDIR is no disk, nothing is written there");
  const meeting = new Meeting(scenes.length);
  const seen = await Promise.all(scenes.map((scene) => meeting.join((begin) => measured(scene, begin))));
  // In their order, whoever was first.
  for (const one of seen) tell(one);

  function measured(scene: string, begin: () => Promise<void>): Promise<Seen> {
    return inSchool(scene, async (gateway) => {
      const upMs = await allUp(gateway);
      await begin();
      const before = await gateway.ask("standing");
      const cost = costFrom(gateway.pid);
      await pause(lastsMs);
      const spent = cost();
      return { scene, upMs, before, after: await gateway.ask("standing"), spent };
    });
  }

  function tell({ scene, upMs, before, after, spent }: Seen): void {
    const title = `school ${scene}`;
    const note = (name: string, unit: string, decimals: number, value: number) =>
      figures.note(title, { name, unit, decimals }, "campus-edge", value);
    const perSecond = (name: "measured" | "stored") => (after[name] - before[name]) / spent.seconds;
    if (after.down.length > 0)
      figures.remark(`${title}: not up at the end: ${after.down.slice(0, 5).join(", ")}`);
    note("devices", "", 0, after.devices);
    note("all of them up after", "s", 0, upMs / 1000);
    note("measured/s", "", 2, perSecond("measured"));
    note("stored/s", "", 2, perSecond("stored"));
    noteCost(figures, title, "campus-edge", spent, onDisk);
    say(
      `${title}: ${after.devices} devices, ${perSecond("measured").toFixed(1)} values measured and ${perSecond("stored").toFixed(1)} stored a second, ${(spent.cpuMs / 10 / spent.seconds).toFixed(2)} % of a core`,
    );
  }
};

async function inSchool<T>(scene: string, work: (gateway: Part<CandidateCalls>) => Promise<T>): Promise<T> {
  const folder = schoolFolder({}, {});
  const forget = whileRunning(() => folder.remove());
  const school = startPart<SceneCalls>("./scene.ts");
  const gateway = startPart<CandidateCalls>("./candidate.ts");
  try {
    const dataFolder = folder.data;
    const files = await school.ask("open", { scene, broker: await freePort(), dataFolder });
    saveConfiguration(folder.config, files);
    const port = await gateway.ask("open", { name: "campus-edge", receiver: 0, folder: folder.config });
    await school.ask("connect", { port });
    return await work(gateway);
  } finally {
    await gateway.end();
    await school.end();
    folder.remove();
    forget();
  }
}
