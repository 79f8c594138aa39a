/**
 * What becomes different for each device when one Plan takes the place of another, in words. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import type { DevicePlan } from "../../config/schema/kind.ts";
import type { DevicePoints, LinkPlan, OffDevice, Plan } from "../../config/schema/plan.ts";
import { SecretRef } from "../../config/schema/scalar.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { ChangeKind, PlanChange } from "./plan-change.ts";
import { pointChanges } from "./point-changes.ts";
import { renewedIn } from "./secret-digests.ts";

interface Running {
  link: LinkPlan;
  plan: DevicePlan;
  points: DevicePoints;
}

export function compareDevices(from: Plan, to: Plan, renewed: ReadonlySet<string>): PlanChange[] {
  const before = runningOf(from);
  const after = runningOf(to);
  const offBefore = new Map(from.off.map((off) => [off.device, off]));
  const offAfter = new Map(to.off.map((off) => [off.device, off]));
  const gone = new Map([...before].filter(([id]) => !after.has(id) && !offAfter.has(id)));
  const come = new Map([...after].filter(([id]) => !before.has(id) && !offBefore.has(id)));
  const changes: PlanChange[] = [];
  const tell = (what: ChangeKind, id: string, zh: string, en: string) =>
    void changes.push({ what, of: "device", id, text: { zh: `${id}：${zh}`, en: `${id}: ${en}` } });

  for (const [id, device] of come) {
    const old = device.points.was?.find((was) => gone.has(was));
    if (old === undefined) continue;
    tell(
      "renamed",
      id,
      `原来叫 ${old}；以前的记录仍在旧编号下，以后的在 ${id} 下`,
      `was ${old}; its records up to now keep the old id, from now on they have ${id}`,
    );
    gone.delete(old);
    come.delete(id);
  }
  for (const [old, id] of sameAddress(gone, come))
    tell(
      "question",
      id,
      `${old} 不见了，${id} 用同样的地址出现：是改名吗？是就在 ${id} 写 was: ${old}，再 apply`,
      `${old} vanished and ${id} appeared at the same address: renamed? Then write was: ${old} at ${id} and apply again`,
    );
  for (const id of gone.keys())
    tell("stops", id, "不在配置里了；它的历史到此为止", "is no longer in the files; its history ends here");
  for (const [id, off] of offAfter) {
    const known = offBefore.get(id);
    if (before.has(id)) tell("stops", id, ...stopsOff(off));
    else if (known === undefined) tell("changes", id, "编号占着，停用", "holds its id, and is off");
    else if (!isDeepStrictEqual(known, off))
      tell("changes", id, "仍然停用，说明或日期变了", "stays off; its reason or date changed");
  }
  for (const id of offBefore.keys())
    if (!after.has(id) && !offAfter.has(id))
      tell("changes", id, "停用着，现在不在配置里了", "was off, and is no longer in the files");
  for (const [id, { link, points }] of after) {
    if (offBefore.has(id)) tell("starts", id, "不再停用，重新开始", "is no longer off and starts again");
    else if (come.has(id)) {
      const room = roomOf(to, points.space);
      tell(
        "starts",
        id,
        `开始，线路 ${link.id}${room === "" ? "" : `，房间 ${room}`}`,
        `starts, on ${link.id}${room === "" ? "" : `, room ${room}`}`,
      );
    }
  }
  for (const [id, now] of after) {
    const was = before.get(id);
    const parts = was === undefined ? [] : differences(was, now, from, to, renewed);
    if (parts.length > 0)
      tell("changes", id, parts.map(({ zh }) => zh).join("；"), parts.map(({ en }) => en).join("; "));
  }
  return changes;
}

function runningOf(plan: Plan): Map<string, Running> {
  const running = new Map<string, Running>();
  for (const link of plan.links)
    for (const device of link.devices) {
      const points = link.points.get(device.id);
      if (points !== undefined) running.set(device.id, { link, plan: device, points });
    }
  return running;
}

const stopsOff = ({ why, behind }: OffDevice): [zh: string, en: string] =>
  behind === undefined
    ? [`停用（${why}）；数据到此为止，编号保留`, `goes off (${why}); its data end here, its id is kept`]
    : [
        `随 ${behind} 一起停用；数据到此为止，编号保留`,
        `goes off with ${behind}; its data end here, its id is kept`,
      ];

/** Pairs of ids that have one address to themselves. */
function* sameAddress(
  gone: ReadonlyMap<string, Running>,
  come: ReadonlyMap<string, Running>,
): Generator<[old: string, id: string]> {
  const byAddress = (devices: ReadonlyMap<string, Running>) =>
    Map.groupBy(
      [...devices].flatMap(([id, running]) => {
        const address = addressOf(running);
        return address === null ? [] : [{ id, address }];
      }),
      ({ address }) => address,
    );
  const there = byAddress(gone);
  for (const [address, [one, another]] of byAddress(come)) {
    const [old, other] = there.get(address) ?? [];
    if (one !== undefined && old !== undefined && another === undefined && other === undefined)
      yield [old.id, one.id];
  }
}

/** Where a device is found, without its secrets; null: what it hangs on alone tells. */
function addressOf({ link, plan }: Running): string | null {
  const fields = Object.entries(plan.address ?? {}).filter(
    ([, value]) => value !== undefined && !(value instanceof SecretRef),
  );
  return fields.length === 0 ? null : JSON.stringify([link.id, plan.via ?? null, fields.sort()]);
}

function differences(was: Running, now: Running, from: Plan, to: Plan, renewed: ReadonlySet<string>): Text[] {
  const parts: Text[] = [];
  const add = (differs: boolean, zh: string, en: string) => void (differs && parts.push({ zh, en }));
  const { points: a } = was;
  const { points: b } = now;
  add(was.link.id !== now.link.id, `改到线路 ${now.link.id}`, `moves to link ${now.link.id}`);
  add(was.plan.via !== now.plan.via, "改挂在别处", "hangs on something else");
  add(
    !isDeepStrictEqual(was.plan.address, now.plan.address),
    "地址、凭据或主题变了",
    "address, credential or topics changed",
  );
  add(
    renewedIn(now.plan.address, renewed),
    "密码换了：用旧密码的连接断开",
    "new password: connections with the old one end",
  );
  if (a.space !== b.space) {
    const [old, room] = [roomOf(from, a.space), roomOf(to, b.space)];
    add(
      true,
      `房间 ${old || "无"} → ${room || "无"}，以后的记录算在新房间`,
      `room ${old || "none"} → ${room || "none"}; records from now on count there`,
    );
  }
  add(a.profile !== b.profile, `型号 ${a.profile} → ${b.profile}`, `profile ${a.profile} → ${b.profile}`);
  const staged = a.stage !== b.stage;
  add(staged && b.stage === "trial", "改为试用：质量 18，不报警", "goes on trial: quality 18, no alarms");
  add(staged && b.stage === "on", "试用结束", "its trial ends");
  add(a.simulated !== b.simulated && b.simulated, "数据以后标为模拟", "its data count as simulated now");
  add(a.simulated !== b.simulated && !b.simulated, "数据以后算真实", "its data count as real now");
  add(was.plan.expect !== now.plan.expect, "要求的序列号变了", "another serial number is expected");
  parts.push(...pointChanges(a.points, b.points));
  add(!isDeepStrictEqual(a.swapped, b.swapped), "记下换了新的一台", "a replacement of the unit is noted");
  const noted = ({ power, serial, mount, note, buffered }: DevicePoints) => [
    power,
    serial,
    mount,
    note,
    buffered,
  ];
  add(!isDeepStrictEqual(noted(a), noted(b)), "说明变了", "its notes changed");
  // Nothing of the above, and the driver gets something else: how its values are found.
  const driver = ({
    plan: { id: _id, points: _points, address: _address, via: _via, expect: _expect, ...rest },
  }: Running) => rest;
  const found = ({ plan }: Running) => plan.points.map(({ id, source }) => [id, source]);
  add(
    parts.length === 0 &&
      !(isDeepStrictEqual(driver(was), driver(now)) && isDeepStrictEqual(found(was), found(now))),
    "读法变了（型号文件或选项）",
    "it is read differently (profile or options)",
  );
  return parts;
}

/** The short id of a room. */
function roomOf(plan: Plan, code: string): string {
  for (const space of plan.spaces.values()) if (space.code === code) return space.id;
  return code;
}
