/**
 * One HTTP server over the route table, for one role. Both doors are made of it.
 *
 * Holds: a route is there for its method and role alone; a body is read for a POST of the table only, JSON of at
 * most what its route takes; a request is here within `headersMs`, a connection moves or ends within `idleMs`, and while
 * something is being done within `workMs`; at most `connections` at once; what is wrong in the source is a 500
 * that tells nothing.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Log, StatusSource } from "../contract/index.ts";
import { may, type Role, routes, views } from "./routes.ts";

export interface Limits {
  headersMs: number;
  idleMs: number;
  connections: number;
}

export const defaultLimits: Limits = { headersMs: 5000, idleMs: 10_000, connections: 64 };

const maxHeaderBytes = 8192;
const maxRequestsPerSocket = 1000;
const smallBodyBytes = 1024;
/** What takes a technician may take so long to be done. */
const workMs = 60_000;

const headers: Record<string, string> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** @param accepts decides on a request before anything else: null, or the status with which it is turned away */
export function createServer(
  source: StatusSource,
  role: Role,
  limits: Limits,
  log: Log,
  accepts: (request: FastifyRequest) => number | null = () => null,
): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: 1,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.idleMs,
    requestTimeout: limits.headersMs,
    maxRequestsPerSocket,
    routerOptions: { maxParamLength: 64 },
    http: {
      maxHeaderSize: maxHeaderBytes,
      // From the beginning: Fastify's comes too late for a body that comes drop by drop.
      requestTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.max(10, Math.floor(limits.headersMs / 5)),
      keepAliveTimeout: limits.idleMs,
    },
    frameworkErrors: (_error, _request, reply) => turnAway(reply, 400),
  });
  app.server.maxConnections = limits.connections;

  app.removeContentTypeParser("text/plain");
  const open = routes.filter((route) => may(role, route.role));
  app.addHook("onRequest", async (request, reply) => {
    const refused = accepts(request);
    if (refused !== null) return turnAway(reply, refused);
    const there = open.filter(({ path }) => path === request.url.split("?", 1)[0]);
    const wanted = there.find(({ method }) => method === request.method);
    if (wanted?.method !== "POST" && hasBody(request)) return turnAway(reply, 413);
    if (wanted !== undefined) return;
    const allow = there.map(({ method }) => method).join(", ");
    return allow === "" ? turnAway(reply, 404) : turnAway(reply.header("allow", allow), 405);
  });
  app.setNotFoundHandler((_request, reply) => turnAway(reply, 404));
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    // A body that is no JSON, none at all, or too large.
    if (statusCode >= 400 && statusCode < 500) return turnAway(reply, statusCode);
    log.error({ path: request.routeOptions.url, error: nameOf(error) }, "a status route failed");
    return turnAway(reply, 500);
  });
  for (const { method, path, role: takes, maxBodyBytes = smallBodyBytes, answer } of open) {
    app.route({
      method,
      url: path,
      ...(method === "POST" ? { bodyLimit: maxBodyBytes } : {}),
      async handler(request, reply) {
        if (takes === "technician") request.raw.setTimeout(workMs);
        if (method === "POST") reply.header("connection", "close");
        const { code, type, body } = await answer(
          source,
          views[role],
          method === "POST" ? request.body : request.query,
        );
        return reply.code(code).headers(headers).type(`${type}; charset=utf-8`).send(body);
      },
    });
  }
  return app;
}

/** Answers and ends the connection, so that nothing more of the request is read. */
function turnAway(reply: FastifyReply, code: number): FastifyReply {
  return reply
    .code(code)
    .headers(headers)
    .header("connection", "close")
    .type("text/plain; charset=utf-8")
    .send(`${code}\n`);
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
