import { expect, it } from "vitest";
import type { LinkPlan, Plan } from "../../../config/schema/plan.ts";
import type { Comparison, PartChanges } from "../../../edge/agent/changes.ts";
import type { KeptLink } from "../../../edge/agent/links.ts";
import { Running } from "../../../edge/agent/running.ts";

const link = (id: string, version = 1) => ({ id, kind: "k", settings: version }) as unknown as LinkPlan;
const planOf = (...links: LinkPlan[]) => ({ links, uplinks: [], school: {} }) as unknown as Plan;
const none = <P>(more: Partial<PartChanges<P>> = {}): PartChanges<P> => ({
  stop: [],
  restart: [],
  update: [],
  start: [],
  ...more,
});
const only = (links: Partial<PartChanges<LinkPlan>>): Comparison => ({
  changes: [],
  restart: [],
  links: none(links),
  uplinks: none(),
  filters: false,
  page: false,
});

/** @param refuses what is asked of a part and fails. @param fixed links whose driver cannot be told of other devices */
function world(first: Plan, refuses: (what: string) => boolean = () => false, fixed: string[] = []) {
  const done: string[] = [];
  const did = (what: string) => {
    done.push(what);
    if (refuses(what)) throw new Error(what);
  };
  const versionOf = ({ settings }: LinkPlan) => settings as number;
  const running = new Running(first, {
    keepLink(started): KeptLink {
      let plan = started;
      const name = `${started.id}`;
      done.push(`open ${name} ${versionOf(started)}`);
      return {
        get plan() {
          return plan;
        },
        updatable: () => !fixed.includes(name),
        async update(to) {
          did(`update ${name} ${versionOf(to)}`);
          plan = to;
        },
        async revert(to) {
          done.push(`revert ${name} ${versionOf(to)}`);
          plan = to;
        },
        settled: (to) => void done.push(`settled ${name} ${versionOf(to)}`),
        kick: () => void done.push(`kick ${name}`),
        command: () => Promise.reject(new Error("nothing is commanded here")),
        hurry: () => {},
        turn: () => Promise.reject(new Error("nothing is asked here")),
        lend: () => Promise.reject(new Error("nothing is lent here")),
        async stop() {
          done.push(`stop ${name}`);
        },
      };
    },
    keepUplink: () => {
      throw new Error("no uplink here");
    },
    keepPage: () => {
      throw new Error("no page here");
    },
    reopening: (id) => void done.push(`reopening ${id}`),
    adopt: (plan) => did(`adopt ${plan.links.map(versionOf).join()}`),
    adoptUplinks: () => {},
  });
  running.startLinks(first.links);
  done.length = 0;
  return { running, done };
}

it("tells drivers first, goes over, closes, and opens last", async () => {
  const from = planOf(link("a"), link("b"), link("c"));
  const to = planOf(link("a", 2), link("c", 2), link("d", 2));
  const { running, done } = world(from);
  await running.switchTo(
    to,
    only({ update: [link("a", 2)], stop: ["b"], restart: [link("c", 2)], start: [link("d", 2)] }),
  );
  expect(done).toEqual([
    "update a 2",
    "adopt 2,2,2",
    "stop b",
    "stop c",
    "reopening c",
    "settled a 2",
    "kick a",
    "open c 2",
    "open d 2",
  ]);
  expect(running.plan).toBe(to);
});

it("opens a link anew whose driver cannot be told of other devices", async () => {
  const { running, done } = world(planOf(link("a")), undefined, ["a"]);
  await running.switchTo(planOf(link("a", 2)), only({ update: [link("a", 2)] }));
  expect(done).toEqual(["adopt 2", "stop a", "reopening a", "open a 2"]);
});

it.each(["update b 2", "adopt 2,2"])(
  "when '%s' fails, takes back what was done and closes nothing",
  async (what) => {
    const from = planOf(link("a"), link("b"));
    const { running, done } = world(from, (asked) => asked === what);
    const change = only({ update: [link("a", 2), link("b", 2)], stop: [] });
    await expect(running.switchTo(planOf(link("a", 2), link("b", 2)), change)).rejects.toThrow(what);
    expect(running.plan).toBe(from);
    expect(done.filter((each) => /^(stop|open)/.test(each))).toEqual([]);
    expect(done.filter((each) => each.endsWith("a 2") || each.startsWith("revert a"))).toEqual([
      "update a 2",
      "revert a 1",
    ]);
    expect(done.slice(-3)).toEqual(["adopt 1,1", "settled a 1", "settled b 1"]);
  },
);
