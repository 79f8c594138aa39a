/** Asks a running gateway for its status, its values and its configuration over the local socket. */
import { request } from "node:http";
import type { HistoryQuestion } from "../contract/index.ts";
import { DoorError } from "./error.ts";

/** More than ten thousand values of the history, or a status, can be. */
const maxBytes = 16 * 1024 * 1024;
const deadlineMs = 5000;
/** Connections are closed and opened meanwhile. */
const applyDeadlineMs = 60_000;
/** A year of a busy point is read from a slow card. */
const historyDeadlineMs = 30_000;

interface FetchLimits {
  deadlineMs?: number;
}

/**
 * The parsed status; its shape is config/schema/status, which the caller checks.
 * @throws DoorError `not-running`, `not-allowed`, `timeout`, `too-large`, `bad-answer`; the signal's reason when aborted
 */
export function fetchStatus(socketPath: string, signal: AbortSignal, limits: FetchLimits = {}) {
  return fetchJson(socketPath, "/status.json", signal, limits);
}

/** The parsed last values; their shape is config/schema/values. @throws as `fetchStatus` */
export function fetchValues(socketPath: string, signal: AbortSignal, limits: FetchLimits = {}) {
  return fetchJson(socketPath, "/values.json", signal, limits);
}

/** Values of one device from the local history, by config/schema/history, or why there are none. @throws as `fetchStatus` */
export function fetchHistory(
  socketPath: string,
  question: HistoryQuestion,
  signal: AbortSignal,
  limits: FetchLimits = { deadlineMs: historyDeadlineMs },
) {
  const asked = new URLSearchParams(
    Object.entries(question).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return fetchJson(socketPath, `/history.json?${asked}`, signal, limits);
}

/** What putting the files to work would do, or why it is refused: shapes of edge/agent. @throws as `fetchStatus` */
export function fetchChanges(socketPath: string, signal: AbortSignal, limits: FetchLimits = {}) {
  return fetchJson(socketPath, "/changes", signal, limits);
}

/** Puts the files to work if they still are this revision; what was done, or why not. @throws as `fetchStatus` */
export function postApply(
  socketPath: string,
  revision: string,
  signal: AbortSignal,
  limits: FetchLimits = { deadlineMs: applyDeadlineMs },
) {
  return fetchJson(socketPath, "/apply", signal, limits, JSON.stringify({ revision }));
}

/** Asks the store something, or has it do something; shapes of edge/agent. @throws as `fetchStatus` */
export function postBuffer(
  socketPath: string,
  asked: object,
  signal: AbortSignal,
  limits: FetchLimits = { deadlineMs: applyDeadlineMs },
) {
  return fetchJson(socketPath, "/buffer", signal, limits, JSON.stringify(asked));
}

/** Has a link recorded, or takes what there is of it; shapes of edge/agent. @throws as `fetchStatus` */
export function postRecording(
  socketPath: string,
  asked: object,
  signal: AbortSignal,
  limits: FetchLimits = {},
) {
  return fetchJson(socketPath, "/recording", signal, limits, JSON.stringify(asked));
}

/** Begins a search, or takes what it has found; shapes of config/schema/search. @throws as `fetchStatus` */
export function postSearch(socketPath: string, asked: object, signal: AbortSignal, limits: FetchLimits = {}) {
  return fetchJson(socketPath, "/search", signal, limits, JSON.stringify(asked));
}

/** Has a device set on a line, or asks how far it is; shapes of config/schema/assign. @throws as `fetchStatus` */
export function postAssign(socketPath: string, asked: object, signal: AbortSignal, limits: FetchLimits = {}) {
  return fetchJson(socketPath, "/assign", signal, limits, JSON.stringify(asked));
}

/** Has a device do something, or asks what became of it; shapes of edge/agent. @throws as `fetchStatus` */
export function postCommand(
  socketPath: string,
  asked: object,
  signal: AbortSignal,
  limits: FetchLimits = {},
) {
  return fetchJson(socketPath, "/command", signal, limits, JSON.stringify(asked));
}

/** @param body absent: a GET */
function fetchJson(
  socketPath: string,
  path: string,
  signal: AbortSignal,
  limits: FetchLimits,
  body?: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const method = body === undefined ? "GET" : "POST";
    const headers = {
      host: "localhost",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const asked = request({ socketPath, path, method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) end(new DoorError("too-large", "the answer is larger than a status can be"));
        else chunks.push(chunk);
      });
      answer.on("error", (cause) => end(bad(cause)));
      answer.on("close", () => end(bad()));
      answer.on("end", () => {
        // 404 with a body, and 409: refused, and the body says why.
        const { statusCode, headers } = answer;
        const reasoned =
          statusCode === 409 || (statusCode === 404 && /json/.test(headers["content-type"] ?? ""));
        if (statusCode !== 200 && !reasoned) return end(bad());
        try {
          end(null, JSON.parse(Buffer.concat(chunks).toString("utf8")));
        } catch (cause) {
          end(bad(cause));
        }
      });
    });
    const late = setTimeout(
      () => end(new DoorError("timeout", "the gateway does not answer: is the machine overloaded?")),
      limits.deadlineMs ?? deadlineMs,
    );
    const aborted = () => end(signal.reason);
    // The first call decides; the request is over then.
    function end(error: unknown, status?: unknown): void {
      clearTimeout(late);
      signal.removeEventListener("abort", aborted);
      asked.destroy();
      if (error === null) resolve(status);
      else reject(error);
    }
    signal.addEventListener("abort", aborted);
    asked.on("error", (error) => end(refusal(socketPath, error)));
    asked.end(body);
  });
}

function bad(cause?: unknown): DoorError {
  return new DoorError("bad-answer", "what answers there is no gateway of this version", { cause });
}

function refusal(socketPath: string, error: NodeJS.ErrnoException): DoorError {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return new DoorError("not-running", `no gateway is running at ${socketPath}: start it with run`, {
        cause: error,
      });
    case "EACCES":
    case "EPERM":
      return new DoorError("not-allowed", `you may not ask at ${socketPath}: join the group of its folder`, {
        cause: error,
      });
    default:
      return bad(error);
  }
}
