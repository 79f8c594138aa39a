/**
 * The one route table: what can be asked and done, by which method, which role it takes, and what each role sees.
 * Each door has a role and has no other routes than that role may use. Every GET only reads.
 */
import { maxHistoryValues } from "../../config/schema/history.ts";
import type { HistoryQuestion, Outcome, StatusSource, View } from "../contract/index.ts";

/** A technician may do what a viewer may. */
export type Role = "viewer" | "technician";

/** Whoever sits at this machine sees states and open values; names, addresses and higher levels take the group. */
export const views: Record<Role, View> = {
  viewer: { level: 2, words: false },
  technician: { level: 4, words: true },
};

export interface Answer {
  code: 200 | 400 | 404 | 409 | 503;
  type: "application/json" | "text/plain" | "text/html";
  body: string;
}

export interface Route {
  method: "GET" | "POST";
  path: string;
  role: Role;
  /** Most bytes of the body of a POST; absent: the door's own limit, which is small. */
  maxBodyBytes?: number;
  /** @param asked parsed JSON of a POST, parameters of a GET; nothing about it is known */
  answer(source: StatusSource, view: View, asked?: unknown): Answer | Promise<Answer>;
}

const json = (code: Answer["code"], body: object): Answer => ({
  code,
  type: "application/json",
  body: `${JSON.stringify(body)}\n`,
});

const badRequest = json(400, { error: { code: "bad-request" } });

/** What was done or found, as an answer. @param missing code when there is nobody to ask */
async function outcomeOf(outcome: Promise<Outcome> | undefined, missing: string): Promise<Answer> {
  if (outcome === undefined) return json(404, { error: { code: missing } });
  const { done, body } = await outcome;
  return json(done ? 200 : 409, body);
}

/** `{ "revision": "37f2ab01" }` and nothing else. */
function revisionIn(body: unknown): string | null {
  if (typeof body !== "object" || body === null || Object.keys(body).length !== 1) return null;
  const { revision } = body as { revision?: unknown };
  return typeof revision === "string" && /^[0-9a-f]{1,64}$/.test(revision) ? revision : null;
}

/** `?device=301-air&point=co2&from=…&to=…&limit=…` and nothing else; times in ms UTC. */
function questionIn(asked: unknown): HistoryQuestion | null {
  const parameters = new Map(Object.entries((asked ?? {}) as Record<string, unknown>));
  const word = (name: string) => take(name, /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  const moment = (name: string) => numberOr(take(name, /^\d{1,15}$/));
  const take = (name: string, pattern: RegExp): string | null | undefined => {
    const text = parameters.get(name);
    parameters.delete(name);
    if (text === undefined) return undefined;
    return typeof text === "string" && pattern.test(text) ? text : null;
  };
  const numberOr = (text: string | null | undefined) => (typeof text === "string" ? Number(text) : text);
  const [device, point, from, to] = [word("device"), word("point"), moment("from"), moment("to")];
  const limit = numberOr(take("limit", /^\d{1,5}$/)) ?? maxHistoryValues;
  const wrong = [device, point, from, to].includes(null) || limit < 1 || limit > maxHistoryValues;
  if (wrong || parameters.size > 0 || typeof device !== "string") return null;
  return {
    device,
    limit,
    ...(typeof point === "string" ? { point } : {}),
    ...(typeof from === "number" ? { from } : {}),
    ...(typeof to === "number" ? { to } : {}),
  };
}

const page = `<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>campus-edge</title>
<h1>campus-edge</h1>
<ul>
<li><a href="/status.json">/status.json</a> 全部状态 · the whole status
<li><a href="/values.json">/values.json</a> 每个测点的最新值 · the last value of every point
<li><a href="/healthz">/healthz</a> 程序和存储在运行 · process and journal alive
<li><a href="/readyz">/readyz</a> 能收数据 · ready to take data
</ul>
</html>
`;

export const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/healthz",
    role: "viewer",
    answer: (source) => {
      const alive = source.alive();
      return { code: alive ? 200 : 503, type: "text/plain", body: alive ? "ok\n" : "not alive\n" };
    },
  },
  {
    method: "GET",
    path: "/readyz",
    role: "viewer",
    answer: (source) => {
      const { ready, why } = source.ready();
      return json(ready ? 200 : 503, { ready, why });
    },
  },
  {
    method: "GET",
    path: "/status.json",
    role: "viewer",
    answer: (source, view) => json(200, source.status(view)),
  },
  {
    method: "GET",
    path: "/values.json",
    role: "viewer",
    answer: (source, view) => json(200, source.lastValues(view)),
  },
  { method: "GET", path: "/", role: "viewer", answer: () => ({ code: 200, type: "text/html", body: page }) },
  {
    method: "GET",
    path: "/changes",
    role: "technician",
    answer: ({ control }) => outcomeOf(control?.preview(), "no-files"),
  },
  {
    method: "POST",
    path: "/apply",
    role: "technician",
    answer({ control }, _view, body) {
      const revision = revisionIn(body);
      return revision === null ? badRequest : outcomeOf(control?.apply(revision), "no-files");
    },
  },
  {
    method: "GET",
    path: "/history.json",
    role: "technician",
    answer(source, view, asked) {
      const question = questionIn(asked);
      return question === null ? badRequest : outcomeOf(source.history?.(question, view), "no-history");
    },
  },
  {
    method: "POST",
    path: "/buffer",
    role: "technician",
    // A platform's receipt for what was carried names every record that it refused.
    maxBodyBytes: 1_200_000,
    answer: (source, _view, body) => outcomeOf(source.buffer?.(body), "no-files"),
  },
  {
    method: "POST",
    path: "/command",
    role: "technician",
    maxBodyBytes: 8192,
    answer: (source, _view, body) => outcomeOf(source.command?.(body), "cannot"),
  },
  {
    method: "POST",
    path: "/recording",
    role: "technician",
    answer: (source, _view, body) => outcomeOf(source.recording?.(body), "cannot"),
  },
  {
    method: "POST",
    path: "/search",
    role: "technician",
    answer: (source, _view, body) => outcomeOf(source.search?.(body), "cannot"),
  },
  {
    method: "POST",
    path: "/assign",
    role: "technician",
    answer: (source, _view, body) => outcomeOf(source.assign?.(body), "cannot"),
  },
];

/** Whether `who` may use a route that takes `role`. */
export function may(who: Role, role: Role): boolean {
  return who === "technician" || role === "viewer";
}
