/**
 * The HTTP door: for viewers on this machine only, whatever name a browser was tricked into.
 */
import type { AddressInfo } from "node:net";
import type { FastifyRequest } from "fastify";
import { isLoopback, isOwnName, listenAddress, withPort } from "../../config/schema/address.ts";
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
  if (!isLoopback(host)) {
    throw new DoorError(
      "not-loopback",
      `the status page is for this machine only: listen on 127.0.0.1 or [::1], not on ${host}`,
    );
  }
  const own = listenAddress(host);
  const app = createServer(source, "viewer", limits, log, misdirected);
  try {
    await app.listen({ host: own, port });
  } catch (cause) {
    await app.close();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      const message = `${withPort(own, port)} is taken: choose another for status.listen`;
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

/**
 * 421 unless the one Host header names this machine: a page whose name was rebound to loopback reads nothing
 * (RFC 9110, 15.5.20). A target in absolute form brings a host of its own (RFC 9112, 3.2.2) and is turned away.
 */
function misdirected({ raw }: FastifyRequest): number | null {
  const hosts = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  const own = hosts.length === 1 && isOwnHost(raw.headers.host ?? "") && raw.url?.startsWith("/") === true;
  return own ? null : 421;
}

/** `localhost`, `127.0.0.1` or `[::1]`, with or without a port. */
function isOwnHost(written: string): boolean {
  const [, v6, name = v6] = /^(?:\[([^[\]]+)\]|([^[\]:]+))(?::\d{1,5})?$/.exec(written) ?? [];
  return name !== undefined && isOwnName(name);
}
