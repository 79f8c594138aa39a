import { expect, it } from "vitest";
import type { DevicePoints, Plan } from "../../../config/schema/plan.ts";
import { createAlarms } from "../../../edge/agent/alarms.ts";
import type { Change } from "../../../edge/health/index.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { recordingLog } from "../../fake-clock.ts";

const device = (id: string, more: Partial<DevicePoints> = {}): DevicePoints => ({
  device: id,
  profile: "air",
  space: `X-${id}`,
  simulated: false,
  stage: "on",
  buffered: false,
  points: new Map(),
  ...more,
});

function world(...devices: DevicePoints[]) {
  const stored: string[] = [];
  const drafts: Draft[] = [];
  const journal = {
    append: async (list: Draft[]) => {
      for (const draft of list) {
        drafts.push(draft);
        stored.push(`${draft.series.device} ${draft.series.point} ${draft.series.space} ${draft.value}`);
      }
      return { repeated: false };
    },
  };
  const byId = (list: DevicePoints[]) => new Map(list.map((each) => [each.device, each]));
  const alarms = createAlarms(journal, byId(devices), recordingLog());
  const goes = (of: Change["of"], subject: string, to: Change["to"], more: Partial<Change> = {}) =>
    alarms.tell({ subject, of, from: "ok", to, at: 0, ...more });
  const adopt = (list: DevicePoints[], plan: Partial<Plan> = {}) =>
    alarms.adopt(
      { school: { gateway: "gw1" }, links: [], uplinks: [], off: [], ...plan } as unknown as Plan,
      byId(list),
    );
  return { stored, drafts, goes, adopt };
}

it("an alarm ends when its device leaves the files, under the name under which it was raised, once", () => {
  const { stored, goes, adopt } = world(device("a"), device("b"));
  goes("device", "a", "down", { code: "E113" });
  goes("device", "b", "down", { code: "E114" });
  adopt([device("b", { space: "X-other" })]);
  adopt([device("b", { space: "X-other" })]);
  goes("device", "b", "ok", { lastedMs: 5 });
  adopt([]);
  expect(stored).toEqual(["a health X-a E113", "b health X-b E114", "a health X-a ok", "b health X-b ok"]);
});

it("an alarm ends when its device is switched off or goes on trial, and when its link or uplink goes", () => {
  const { stored, goes, adopt } = world(device("a"), device("b"));
  goes("device", "a", "down", { code: "E113" });
  goes("device", "b", "down", { code: "E113" });
  goes("link", "rs1", "down", { code: "E101" });
  goes("uplink", "province", "down", { code: "E501" });
  goes("gateway", "gw1", "down", { code: "E002" });
  stored.length = 0;
  const off = [{ device: "a", profile: "air", space: "", why: "repair" }];
  adopt([device("b", { stage: "trial" })], { off });
  expect(stored.sort()).toEqual([
    "a health X-a ok",
    "b health X-b ok",
    "province health.uplink  ok",
    "rs1 health.link  ok",
  ]);
});

it("the alarm of a device that should be back from repair stays while it is off", () => {
  const off = [{ device: "a", profile: "air", space: "", why: "repair", untilMs: 1 }];
  const { stored, goes, adopt } = world();
  adopt([], { off });
  goes("device", "a", "down", { code: "E118" });
  adopt([device("b")], { off });
  expect(stored).toEqual(["a health  E118"]);
});

it("what was never an alarm ends without a word", () => {
  const { stored, goes, adopt } = world(device("a"));
  goes("device", "a", "down", { code: "E110", root: "rs1" });
  goes("device", "a", "degraded", { code: "E113" });
  adopt([]);
  expect(stored).toEqual([]);
});
