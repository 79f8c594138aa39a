import { afterEach, beforeEach } from "vitest";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { unpack } from "../../../gateway/encode/compression.ts";
import { httpsUplink } from "../../../gateway/uplink/https/index.ts";
import type { HttpsUplinkSettings } from "../../../gateway/uplink/https/schema.ts";
import { FakeClock } from "../../fake-clock.ts";
import type { UplinkWorld } from "../../suites/uplink.ts";
import { never } from "../../suites/uplink-batches.ts";
import { authority, contextOf, serverIdentity } from "./mqtt-world.ts";
import { type HttpAsked, httpAnswer, receiptAnswer, ScriptedHttps } from "./scripted-https.ts";

export const gatewayPath = "/v1/schools/2133000001/gateways/gw1";

/** Texts of a YAML entry → settings, as the loader would give them. */
export function httpsSettings(entry: Record<string, string>): HttpsUplinkSettings {
  return httpsUplink.config.parse({ credential: "secret:token", ...entry });
}

/** What a batch was sent as. */
export async function bodyOf({ headers, body }: HttpAsked): Promise<Buffer> {
  const encoding = headers["content-encoding"] as "gzip" | "zstd" | undefined;
  const plain = await unpack({ bytes: body, ...(encoding === undefined ? {} : { encoding }) }, 1_000_000);
  return Buffer.from(plain ?? "damaged");
}

/** A clock that remembers what it was asked for: whether a request is on its way or rests cannot be seen otherwise. */
export class RememberingClock extends FakeClock {
  readonly sleeps: number[] = [];

  override sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return super.sleep(ms, signal);
  }

  /** Resolves when the uplink has begun its nth rest, from 0: a sleep that is no deadline of its own. */
  async rest(n: number): Promise<number> {
    const rests = () => this.sleeps.filter((ms) => ms !== 20_000 && ms !== 300_000);
    while (rests().length <= n) await new Promise(setImmediate);
    return rests()[n] as number;
  }
}

/** A scripted platform without TLS for each test of a file, and sessions of the HTTPS uplink that end with the test. */
export class PlainHttps {
  server = new ScriptedHttps();
  context = { ...contextOf({ token: "open-sesame" }), clock: new RememberingClock() };
  readonly sessions: UplinkSession[] = [];

  /** Call in a describe: begins and ends the world with each test. */
  static each(): PlainHttps {
    const world = new PlainHttps();
    beforeEach(async () => {
      world.server = new ScriptedHttps();
      world.context = { ...contextOf({ token: "open-sesame" }), clock: new RememberingClock() };
      await world.server.listen();
    });
    afterEach(async () => {
      await Promise.all(world.sessions.splice(0).map((session) => session.close()));
      await world.server.close();
    });
    return world;
  }

  async open(entry: Record<string, string> = {}): Promise<UplinkSession> {
    const settings = httpsSettings({ url: `http://127.0.0.1:${this.server.port}/v1`, ...entry });
    const session = await httpsUplink.open(settings, this.context, never);
    this.sessions.push(session);
    return session;
  }
}

/** A scripted platform behind TLS with its own CA, and the HTTPS uplink before it. */
export async function httpsWorld(compress: HttpsUplinkSettings["compress"]): Promise<UplinkWorld> {
  const [ours, foreign] = [authority("ours"), authority("foreign")];
  const server = new ScriptedHttps();
  const waiting: HttpAsked[] = [];
  const receipts: Buffer[] = [];
  let refuses = false;
  /** The receipts go to the batch that they name, else to whoever has waited longest. */
  const answer = () => {
    while (receipts.length > 0 && waiting.length > 0) {
      const receipt = receipts.shift() as Buffer;
      const named = waiting.findIndex(({ headers }) => receipt.includes(headers["idempotency-key"] ?? "-"));
      waiting.splice(Math.max(0, named), 1)[0]?.socket.write(receiptAnswer(receipt));
    }
  };
  server.script = (asked) => {
    if (asked.headers.authorization !== "Bearer open-sesame") return httpAnswer(401);
    if (asked.method === "GET") return httpAnswer(200);
    if (refuses) return httpAnswer(503);
    waiting.push(asked);
    setImmediate(answer);
    return null;
  };
  await server.listen(serverIdentity());
  const secrets = { token: "open-sesame\n", wrong: "close-sesame", ours: ours.cert, foreign: foreign.cert };
  const context = contextOf(secrets);
  return {
    clock: context.clock,
    asks: true,
    commands: context.commands,
    strays: context.strays,
    secrets: ["open-sesame", "close-sesame", "BEGIN CERTIFICATE"],
    logged: () => JSON.stringify(context.log.lines),
    async open(wrong, signal = never): Promise<UplinkSession> {
      const settings = httpsSettings({
        url: `https://127.0.0.1:${wrong === "address" ? 1 : server.port}/v1`,
        credential: wrong === "credential" ? "secret:wrong" : "secret:token",
        ca: wrong === "trust" ? "secret:foreign" : "secret:ours",
        compress,
      });
      // After an answer that was no receipt the uplink waits before it asks again: time goes on then.
      const stray = (code: string) => {
        context.stray(code);
        setImmediate(() => void context.clock.advance(30_000));
      };
      return httpsUplink.open(settings, { ...context, stray }, signal);
    },
    platform: {
      async arrived(n) {
        const asked = await server.post(n);
        const body = await bodyOf(asked);
        const early = (JSON.parse(body.toString()) as { lane: string }).lane === "early";
        return { id: asked.headers["idempotency-key"] ?? "", early, body };
      },
      count: () => server.posts.length,
      receipt(body) {
        receipts.push(body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body)));
        answer();
      },
      refuse(all) {
        refuses = all;
      },
      freeze: () => server.freeze(),
      cut: () => server.cut(true),
      accepted: () => server.accepted,
      open: () => server.connected,
    },
    remove: () => server.close(),
  };
}
