/** The routes that change something: on the local socket alone, by their method alone, with a small body alone. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigurationControl, Outcome, StatusSource } from "../../../gateway/contract/index.ts";
import { fetchChanges, postApply } from "../../../gateway/status/client.ts";
import { type DoorsOptions, openStatusDoors } from "../../../gateway/status/index.ts";
import { routes } from "../../../gateway/status/routes.ts";
import { recordingLog } from "../../fake-clock.ts";

let folder: string;
let path: string;
let port: number;
let asked: string[];
let control: ConfigurationControl;
let log: ReturnType<typeof recordingLog>;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "apply-"));
  path = join(folder, "own", "agent.sock");
  asked = [];
  log = recordingLog();
  const answered = async (what: string): Promise<Outcome> => {
    asked.push(what);
    return { done: true, body: { v: 1, what } };
  };
  control = { preview: () => answered("preview"), apply: (revision) => answered(`apply ${revision}`) };
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function doors(limits: NonNullable<DoorsOptions["limits"]> = {}, controlled = true): Promise<void> {
  const source: StatusSource = {
    status: () => ({ v: 1 }),
    lastValues: () => ({ v: 1, values: [] }),
    alive: () => true,
    ready: () => ({ ready: true, why: [] }),
    history: async () => ({ done: true, body: { v: 1 } }),
    buffer: async () => ({ done: true, body: { v: 1 } }),
    recording: async () => ({ done: true, body: { v: 1 } }),
    search: async () => ({ done: true, body: { v: 1 } }),
    assign: async () => ({ done: true, body: { v: 1 } }),
    command: async () => ({ done: true, body: { v: 1 } }),
    ...(controlled ? { control } : {}),
  };
  const opened = await openStatusDoors({
    source,
    log,
    limits,
    http: { host: "127.0.0.1", port: 0 },
    socket: { path },
  });
  open.push(opened);
  port = opened.address?.port ?? 0;
}

interface Said {
  code: number;
  allow: string | undefined;
  body: string;
}

function say(
  door: "socket" | "http",
  method: string,
  route: string,
  body?: string | Buffer,
  type = "application/json",
): Promise<Said> {
  const where = door === "socket" ? { socketPath: path } : { host: "127.0.0.1", port };
  return new Promise((resolve, reject) => {
    const headers = { host: "localhost", ...(body === undefined ? {} : { "content-type": type }) };
    const out = request({ ...where, method, path: route, headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (bytes) => {
        text += bytes;
      });
      answer.on("end", () =>
        resolve({ code: answer.statusCode ?? 0, allow: answer.headers.allow, body: text }),
      );
    });
    out.on("error", reject);
    out.end(body);
  });
}

const good = '{"revision":"37f2ab01"}';
const never = AbortSignal.timeout(30_000);

describe("the local socket", () => {
  it("gives the preview, and puts the revision that was asked for to work", async () => {
    await doors();
    expect(await fetchChanges(path, never)).toEqual({ v: 1, what: "preview" });
    expect(await postApply(path, "37f2ab01", never)).toEqual({ v: 1, what: "apply 37f2ab01" });
    expect(asked).toEqual(["preview", "apply 37f2ab01"]);
  });

  it("answers 409 with the reason when it is refused, and the client brings it", async () => {
    control.apply = async () => ({ done: false, body: { error: { code: "other-revision" } } });
    await doors();
    expect((await say("socket", "POST", "/apply", good)).code).toBe(409);
    expect(await postApply(path, "37f2ab01", never)).toEqual({ error: { code: "other-revision" } });
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{revision"],
    ["no object", "7"],
    ["null", "null"],
    ["a list", '["37f2ab01"]'],
    ["no revision", "{}"],
    ["a number", '{"revision":37}'],
    ["an empty one", '{"revision":""}'],
    ["a path", '{"revision":"../../etc"}'],
    ["more than a revision", '{"revision":"37f2ab01","folder":"/etc"}'],
    ["a prototype", '{"__proto__":{"revision":"37f2ab01"}}'],
    ["a very long one", `{"revision":"${"a".repeat(100)}"}`],
  ])("refuses a body of %s, and does nothing", async (_what, body) => {
    await doors();
    expect((await say("socket", "POST", "/apply", body)).code).toBe(400);
    expect(asked).toEqual([]);
  });

  it("refuses another content type, a large body, and one that says it is large", async () => {
    await doors();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      expect((await say("socket", "POST", "/apply", good, type)).code).toBe(415);
    expect((await say("socket", "POST", "/apply", `${" ".repeat(5000)}${good}`)).code).toBe(413);
    expect(asked).toEqual([]);
    expect((await say("socket", "POST", "/apply", good)).code).toBe(200);
    expect(log.lines).toEqual([]);
  });

  it("ends a body that comes drop by drop, and one that never comes", async () => {
    await doors({ headersMs: 200, idleMs: 400 });
    const head =
      "POST /apply HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n";
    const closed = (drops: boolean) =>
      new Promise<string>((resolve) => {
        let said = "";
        const socket = connect(path, () => socket.write(head));
        const timer = drops ? setInterval(() => socket.write(" "), 20) : undefined;
        socket.on("error", () => {});
        socket.on("data", (bytes) => {
          said += bytes;
        });
        socket.once("close", () => {
          clearInterval(timer);
          resolve(said);
        });
      });
    const [dropped] = await Promise.all([closed(true), closed(false)]);
    // For being late, not because the body was there at last.
    expect(dropped).toMatch(/^HTTP\/1.1 408 /);
    expect(asked).toEqual([]);
  });

  it("waits for what takes longer than a connection may idle", async () => {
    const gate = Promise.withResolvers<Outcome>();
    control.apply = () => gate.promise;
    await doors({ idleMs: 100 });
    const answer = say("socket", "POST", "/apply", good);
    // Longer than two idle times: real time is what is tested here.
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.resolve({ done: true, body: { v: 1 } });
    expect((await answer).code).toBe(200);
  });

  it("tells nothing of a mistake of the program", async () => {
    control.apply = async () => {
      throw new Error("secret: hunter2");
    };
    await doors();
    const { code, body } = await say("socket", "POST", "/apply", good);
    expect(code).toBe(500);
    expect(body).not.toContain("hunter2");
    expect(JSON.stringify(log.lines)).not.toContain("hunter2");
  });

  it("has nothing to change when the agent has no files", async () => {
    await doors({}, false);
    expect((await say("socket", "POST", "/apply", good)).code).toBe(404);
    expect((await say("socket", "GET", "/changes")).code).toBe(404);
  });
});

describe("the table", () => {
  const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

  it("holds for every path, method and door", async () => {
    await doors();
    for (const door of ["http", "socket"] as const)
      for (const at of [...new Set(routes.map((route) => route.path)), "/nothing"])
        for (const method of methods) {
          const there = routes.filter(
            ({ path: known, role }) => known === at && (door === "socket" || role === "viewer"),
          );
          const body = method === "POST" && at === "/apply" && door === "socket" ? good : undefined;
          const asked = at === "/history.json" ? `${at}?device=301-air` : at;
          const { code, allow } = await say(door, method, asked, body);
          const expected =
            there.length === 0 ? 404 : there.some((route) => route.method === method) ? 200 : 405;
          expect(code, `${door} ${method} ${at}`).toBe(expected);
          if (expected === 405) expect(allow).toBe(there.map((route) => route.method).join(", "));
        }
    expect(asked.sort()).toEqual(["apply 37f2ab01", "preview"]);
  });

  it("gives a viewer nothing but reading", () => {
    for (const { method, role } of routes) if (role === "viewer") expect(method).toBe("GET");
  });

  it("never reaches what changes something through the HTTP door, with or without a body", async () => {
    await doors();
    expect((await say("http", "GET", "/changes")).code).toBe(404);
    for (const body of [undefined, good]) {
      const { code } = await say("http", "POST", "/apply", body);
      expect([404, 413]).toContain(code);
    }
    expect(asked).toEqual([]);
  });
});
