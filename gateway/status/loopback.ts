/**
 * The HTTP door: for viewers on this machine only, whatever name a browser was tricked into.
 */
import type { AddressInfo } from "node:net";
import { isIPv4, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Log, StatusSource } from "../contract/index.ts";
import { DoorError } from "./error.ts";
import { createServer, type Limits } from "./server.ts";

export interface LoopbackDoor {
  address: { host: string; port: number };
  close(): Promise<void>;
}

/** @throws DoorError `not-loopback`, `in-use`, `not-allowed` */
export async function openLoopbackDoor(
  source: StatusSource,
  { host, port }: { host: string; port: number },
  limits: Limits,
  log: Log,
): Promise<LoopbackDoor> {
  const own = loopbackAddress(host);
  if (own === null) {
    throw new DoorError(
      "not-loopback",
      `the status page is for this machine only: listen on 127.0.0.1 or [::1], not on ${host}`,
    );
  }
  const app = createServer(source, "viewer", limits, log, misdirected);
  try {
    await app.listen({ host: own, port });
  } catch (cause) {
    await app.close();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      const message = `port ${port} of ${own} is taken: choose another for status.listen`;
      throw new DoorError("in-use", message, { cause });
    }
    if (code === "EACCES") {
      throw new DoorError("not-allowed", `port ${port} is not allowed: choose one above 1024`, { cause });
    }
    throw cause;
  }
  const { address, port: bound } = app.server.address() as AddressInfo;
  return { address: { host: address, port: bound }, close: () => app.close() };
}

/** The address itself; a name would be looked up and might point anywhere. */
function loopbackAddress(host: string): string | null {
  if (host === "localhost") return "127.0.0.1";
  if (isIPv4(host)) return host.startsWith("127.") ? host : null;
  return isIPv6(host) && /^(0{0,4}:)*:?0{0,3}1$/.test(host) ? host : null;
}

const ownNames = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * 421 unless the one Host header names this machine: a page whose name was rebound to 127.0.0.1 reads nothing
 * (RFC 9110, 15.5.20). A target in absolute form brings a host of its own (RFC 9112, 3.2.2) and is turned away.
 */
function misdirected({ raw }: FastifyRequest): number | null {
  const hosts = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  const own =
    hosts.length === 1 && ownNames.test(raw.headers.host ?? "") && raw.url?.startsWith("/") === true;
  return own ? null : 421;
}
