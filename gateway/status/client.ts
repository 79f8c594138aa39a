/** Asks a running gateway for its status over the local socket. */
import { request } from "node:http";
import { DoorError } from "./error.ts";

const maxBytes = 4 * 1024 * 1024;
const deadlineMs = 5000;

/**
 * The parsed status; its shape is config/schema/status, which the caller checks.
 * @throws DoorError `not-running`, `not-allowed`, `timeout`, `too-large`, `bad-answer`; the signal's reason when aborted
 */
export function fetchStatus(
  socketPath: string,
  signal: AbortSignal,
  limits: { deadlineMs?: number } = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const asked = request(
      { socketPath, path: "/status.json", headers: { host: "localhost" }, agent: false },
      (answer) => {
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
          if (answer.statusCode !== 200) return end(bad());
          try {
            end(null, JSON.parse(Buffer.concat(chunks).toString("utf8")));
          } catch (cause) {
            end(bad(cause));
          }
        });
      },
    );
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
    asked.end();
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
