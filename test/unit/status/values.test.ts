import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { statusSchema } from "../../../config/schema/status.ts";
import { valuesSchema } from "../../../config/schema/values.ts";
import { fetchStatus, fetchValues } from "../../../gateway/status/client.ts";
import { openStatusDoors } from "../../../gateway/status/index.ts";
import { may, type Role, routes, views } from "../../../gateway/status/routes.ts";
import { recordingLog } from "../../fake-clock.ts";
import { plan, point, School } from "../health/world.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const digest = "0123456789abcdef0123456789abcdef";

/** Both doors of a school where somebody passed a reader and a stranger knocked. */
async function doors() {
  const points = [point("co2", { unit: "[ppm]" }), point("card", { kind: "event", type: "text", level: 4 })];
  const school = School.well(plan({ broker: { gate: { points } } }));
  school.up("gate");
  school.say("gate", 0, { value: 612.4 });
  school.say("gate", 0, { point: "card", value: digest });
  school.health.device("broker", {
    ...{ what: "refused", client: "esp-7f21", address: "fd12:30::9c" },
    fault: { code: "mqtt.network", layer: "access", retry: "later", detail: "" },
  });
  const folder = mkdtempSync(join(tmpdir(), "values-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "agent.sock");
  const opened = await openStatusDoors({
    source: {
      status: (view) => school.health.status(view),
      lastValues: (view) => school.health.lastValues(view),
      alive: () => school.health.alive(),
      ready: () => school.health.ready(),
    },
    socket: { path },
    http: { host: "127.0.0.1", port: 0 },
    log: recordingLog(),
  });
  undo.push(() => opened.close());
  const page = async (route: string) =>
    (await fetch(`http://127.0.0.1:${opened.address?.port}${route}`)).text();
  return { page, path, signal: AbortSignal.timeout(10_000) };
}

it("the page shows open values, and neither identities nor strangers", async () => {
  const { page } = await doors();
  const values = valuesSchema.parse(JSON.parse(await page("/values.json")));
  expect(values.values).toMatchObject([{ device: "gate", point: "co2", value: 612, unit: "ppm" }]);
  const status = statusSchema.parse(JSON.parse(await page("/status.json")));
  expect(status.strangers).toEqual([]);
  expect(status.reasons.map(({ code }) => code)).toContain("E401");
  for (const { path } of routes) {
    const text = await page(path);
    for (const hidden of [digest, "esp-7f21", "fd12:30::9c"]) expect(text, path).not.toContain(hidden);
  }
});

it("the local door shows a technician all of it", async () => {
  const { path, signal } = await doors();
  const { values } = valuesSchema.parse(await fetchValues(path, signal));
  expect(values.map(({ point: id, value }) => [id, value])).toEqual([
    ["co2", 612],
    ["card", digest],
  ]);
  const status = statusSchema.parse(await fetchStatus(path, signal));
  expect(status.strangers).toMatchObject([{ client: "esp-7f21", address: "fd12:30::9c" }]);
});

it("no role sees what is never kept, and a viewer sees less than a technician", () => {
  expect(Object.values(views).every(({ level }) => level <= 4)).toBe(true);
  expect(views.viewer).toEqual({ level: 2, words: false });
  const roles: Role[] = ["viewer", "technician"];
  for (const { path, role } of routes)
    expect(
      roles.filter((who) => may(who, role)),
      path,
    ).toContain("technician");
});
