/** A gateway's end of HTTP, as small as can be: node:http by hand. */
import { type ClientRequest, type IncomingHttpHeaders, type Agent as PlainAgent, request } from "node:http";
import { request as secureRequest, type Agent as TlsAgent } from "node:https";
import type { Platform } from "../../../simulator/platform/platform.ts";
import { bytes, gateway, idOf, school } from "./batches.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Of the body; undefined when it is no JSON. */
  json: unknown;
}

export interface Asking {
  method?: string;
  path?: string;
  /** The one of the body unless given; null: none. */
  key?: string | null;
  headers?: Record<string, string>;
  /** As it goes on the wire; absent: the batch as JSON. */
  payload?: Buffer;
  ca?: string;
  /** Absent: a connection of its own. */
  agent?: PlainAgent | TlsAgent;
  signal?: AbortSignal;
}

export const gatewayPath = `/v1/schools/${school}/gateways/${gateway}`;
export const batchesPath = `${gatewayPath}/batches`;

/** Sends a batch. Rejects when the connection ends before the answer does. */
export function post(platform: Platform, batch: object, asking: Asking = {}): Promise<Answer> {
  const plain = bytes(batch);
  const { key = idOf(plain), payload = plain, headers } = asking;
  const keyed: Record<string, string> = key === null ? {} : { "Idempotency-Key": key };
  const all = { "Content-Type": "application/json", ...keyed, ...headers };
  return ask(platform, { method: "POST", path: batchesPath, ...asking, payload, headers: all });
}

export function ask(platform: Platform, asking: Asking): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", path = gatewayPath, headers = {}, payload, ca, agent = false, signal } = asking;
    const url = new URL(path, platform.httpUrl);
    const options = {
      method,
      headers: { ...headers, ...(payload === undefined ? {} : { "Content-Length": payload.length }) },
      agent,
      ...(signal === undefined ? {} : { signal }),
      ...(ca === undefined ? {} : { ca }),
    };
    const sent: ClientRequest = (url.protocol === "https:" ? secureRequest : request)(url, options);
    sent.once("error", reject);
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const body = Buffer.concat(chunks);
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, body, json: jsonOf(body) });
      });
    });
    sent.end(payload);
  });
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
