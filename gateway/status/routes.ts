/**
 * The one route table: what can be asked and done, by which method, which role it takes, and what each role sees.
 * Each door has a role and has no other routes than that role may use. Every GET only reads.
 */
import type { Outcome, StatusSource, View } from "../contract/index.ts";

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
  /** @param body parsed JSON of a POST; nothing about it is known */
  answer(source: StatusSource, view: View, body?: unknown): Answer | Promise<Answer>;
}

const json = (code: Answer["code"], body: object): Answer => ({
  code,
  type: "application/json",
  body: `${JSON.stringify(body)}\n`,
});

/** What was asked of the configuration, as an answer. */
async function changed(outcome: Promise<Outcome> | undefined): Promise<Answer> {
  if (outcome === undefined) return json(404, { error: { code: "no-files" } });
  const { done, body } = await outcome;
  return json(done ? 200 : 409, body);
}

/** `{ "revision": "37f2ab01" }` and nothing else. */
function revisionIn(body: unknown): string | null {
  if (typeof body !== "object" || body === null || Object.keys(body).length !== 1) return null;
  const { revision } = body as { revision?: unknown };
  return typeof revision === "string" && /^[0-9a-f]{1,64}$/.test(revision) ? revision : null;
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
    answer: ({ control }) => changed(control?.preview()),
  },
  {
    method: "POST",
    path: "/apply",
    role: "technician",
    answer({ control }, _view, body) {
      const revision = revisionIn(body);
      if (revision === null) return json(400, { error: { code: "bad-request" } });
      return changed(control?.apply(revision));
    },
  },
  {
    method: "POST",
    path: "/buffer",
    role: "technician",
    // A platform's receipt for what was carried names every record that it refused.
    maxBodyBytes: 1_200_000,
    answer: (source, _view, body) => changed(source.buffer?.(body)),
  },
];

/** Whether `who` may use a route that takes `role`. */
export function may(who: Role, role: Role): boolean {
  return who === "technician" || role === "viewer";
}
