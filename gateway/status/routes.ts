/**
 * The one route table: what can be asked, and which role it takes. Each door has a role and shows what
 * that role may see. Every route only reads.
 */
import type { StatusSource } from "../contract/index.ts";

/** A technician may do what a viewer may. */
export type Role = "viewer" | "technician";

export interface Answer {
  code: 200 | 503;
  type: "application/json" | "text/plain" | "text/html";
  body: string;
}

export interface Route {
  path: string;
  role: Role;
  answer(source: StatusSource): Answer;
}

const json = (code: Answer["code"], body: object): Answer => ({
  code,
  type: "application/json",
  body: `${JSON.stringify(body)}\n`,
});

const page = `<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>campus-edge</title>
<h1>campus-edge</h1>
<ul>
<li><a href="/status.json">/status.json</a> 全部状态 · the whole status
<li><a href="/healthz">/healthz</a> 程序和存储在运行 · process and journal alive
<li><a href="/readyz">/readyz</a> 能收数据 · ready to take data
</ul>
</html>
`;

export const routes: readonly Route[] = [
  {
    path: "/healthz",
    role: "viewer",
    answer: (source) => {
      const alive = source.alive();
      return { code: alive ? 200 : 503, type: "text/plain", body: alive ? "ok\n" : "not alive\n" };
    },
  },
  {
    path: "/readyz",
    role: "viewer",
    answer: (source) => {
      const { ready, why } = source.ready();
      return json(ready ? 200 : 503, { ready, why });
    },
  },
  { path: "/status.json", role: "viewer", answer: (source) => json(200, source.status()) },
  { path: "/", role: "viewer", answer: () => ({ code: 200, type: "text/html", body: page }) },
];

/** Whether `who` may use a route that takes `role`. */
export function may(who: Role, role: Role): boolean {
  return who === "technician" || role === "viewer";
}
