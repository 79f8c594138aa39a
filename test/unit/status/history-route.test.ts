/** The route to the local history: on the local socket alone, with nothing in its question that was not meant. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { HistoryQuestion, Outcome, StatusSource, View } from "../../../gateway/contract/index.ts";
import { fetchHistory } from "../../../gateway/status/client.ts";
import { openStatusDoors, type StatusDoors } from "../../../gateway/status/index.ts";
import { routes } from "../../../gateway/status/routes.ts";
import { recordingLog } from "../../fake-clock.ts";

let folder: string;
let doors: StatusDoors;
let asked: { question: HistoryQuestion; view: View }[];
let outcome: Outcome;
const never = AbortSignal.timeout(30_000);
const path = () => join(folder, "own", "agent.sock");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-route-"));
  asked = [];
  outcome = { done: true, body: { v: 1 } };
});
afterEach(async () => {
  await doors.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(kept = true): Promise<void> {
  const source: StatusSource = {
    status: () => ({ v: 1 }),
    lastValues: () => ({ v: 1, values: [] }),
    alive: () => true,
    ready: () => ({ ready: true, why: [] }),
    ...(kept
      ? {
          async history(question: HistoryQuestion, view: View) {
            asked.push({ question, view });
            return outcome;
          },
        }
      : {}),
  };
  doors = await openStatusDoors({
    source,
    log: recordingLog(),
    http: { host: "127.0.0.1", port: 0 },
    socket: { path: path() },
  });
}

function get(where: object, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const out = request(
      { ...where, path: target, headers: { host: "localhost" }, agent: false },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      },
    );
    out.on("error", reject);
    out.end();
  });
}

it("brings the question as it was asked, with what a technician may see", async () => {
  await open();
  const question = { device: "301-air", point: "co2", from: 5, to: 1_790_000_000_123, limit: 77 };
  expect(await fetchHistory(path(), question, never)).toEqual({ v: 1 });
  await get({ socketPath: path() }, "/history.json?device=gw1");
  expect(asked).toEqual([
    { question, view: { level: 4, words: true } },
    { question: { device: "gw1", limit: 10_000 }, view: { level: 4, words: true } },
  ]);
});

it.each([
  "",
  "point=co2",
  "device=",
  "device=a%20b",
  "device=a&device=b",
  `device=${"a".repeat(65)}`,
  "device=a&from=-1",
  "device=a&from=1e9",
  "device=a&to=",
  "device=a&limit=0",
  "device=a&limit=10001",
  "device=a&level=9",
  "device=a&__proto__=x",
  "device[]=a",
])("refuses the question %j", async (text) => {
  await open();
  expect(await get({ socketPath: path() }, `/history.json?${text}`)).toBe(400);
  expect(asked).toEqual([]);
});

it("is not for viewers", async () => {
  await open();
  const { port } = doors.address ?? {};
  expect(await get({ host: "127.0.0.1", port }, "/history.json?device=a")).toBe(404);
  expect(routes.find((route) => route.path === "/history.json")?.role).toBe("technician");
  expect(asked).toEqual([]);
});

it("says why there is no answer", async () => {
  await open();
  outcome = { done: false, body: { error: { code: "closed" } } };
  expect(await fetchHistory(path(), { device: "a", limit: 1 }, never)).toEqual({ error: { code: "closed" } });
  await doors.close();
  await open(false);
  expect(await fetchHistory(path(), { device: "a", limit: 1 }, never)).toEqual({
    error: { code: "no-history" },
  });
});
