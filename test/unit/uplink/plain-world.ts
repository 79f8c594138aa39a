import { afterEach, beforeEach, expect, vi } from "vitest";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { mqttUplink } from "../../../gateway/uplink/mqtt/index.ts";
import { failure } from "../../suites/uplink-batches.ts";
import { contextOf, never, root, settingsOf } from "./mqtt-world.ts";
import { ScriptedBroker } from "./scripted-broker.ts";

/** A scripted broker without TLS for each test of a file, and sessions of the MQTT uplink that end with the test. */
export class PlainWorld {
  broker = new ScriptedBroker();
  readonly sessions: UplinkSession[] = [];

  /** Call in a describe: begins and ends the world with each test. */
  static each(): PlainWorld {
    const world = new PlainWorld();
    beforeEach(async () => {
      world.broker = new ScriptedBroker();
      await world.broker.listen();
    });
    afterEach(async () => {
      world.broker.cut();
      await Promise.all(world.sessions.splice(0).map((session) => session.close()));
      await world.broker.close();
    });
    return world;
  }

  async open(context = contextOf(), entry: Record<string, string> = {}): Promise<UplinkSession> {
    const settings = settingsOf({ url: `mqtt://127.0.0.1:${this.broker.port}`, ...entry });
    const session = await mqttUplink.open(settings, context, never);
    this.sessions.push(session);
    return session;
  }

  receipt(body: object): void {
    this.broker.message(`${root}/dn/receipt`, JSON.stringify(body));
  }

  /** Everything that the broker sent so far has been read: a command comes after it. */
  async allRead(context: ReturnType<typeof contextOf>): Promise<void> {
    const before = context.commands.length;
    this.broker.message(`${root}/dn/cmd`, "{}");
    const read = () => expect(context.commands.length).toBe(before + 1);
    await vi.waitFor(read, { interval: 5, timeout: 5000 });
  }
}

/** Code and retry of the `UplinkError` with which `work` fails. */
export async function fault(work: Promise<unknown>): Promise<[code: string, retry: string]> {
  const { code, retry } = await failure(work);
  return [code, retry];
}
