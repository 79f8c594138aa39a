/**
 * The MQTT uplink against a broker that nobody here wrote.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { UplinkContext, UplinkError, UplinkSession } from "../../../gateway/contract/index.ts";
import { parseBatch, recordsOf } from "../../../gateway/encode/decoder.ts";
import { batchId } from "../../../gateway/encode/encoder.ts";
import { mqttUplink } from "../../../gateway/uplink/mqtt/index.ts";
import { makeAuthority } from "../../certificates.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../../mosquitto.ts";
import { batchOf } from "../../suites/uplink-batches.ts";
import { contextOf, never, root, settingsOf } from "./mqtt-world.ts";
import { fault } from "./plain-world.ts";

const values = [1e-7, 5e-324, -0, 0.1 + 0.2, 2 ** 53 + 2, 1e21, '走廊 301\u2028"\\\t', ""];

describe.skipIf(!hasMosquitto)("with a real mosquitto, the MQTT uplink", () => {
  const ours = makeAuthority("ours");
  const foreign = makeAuthority("foreign");
  const server = ours.issue("IP:127.0.0.1");
  const client = ours.issue("DNS:gw1");
  const stranger = foreign.issue("DNS:gw1");
  const secrets = {
    ours: ours.cert,
    foreign: foreign.cert,
    client: `${client.key}\n${client.cert}`,
    stranger: `${stranger.key}\n${stranger.cert}`,
    password: "right",
    wrong: "wrong",
  };
  const tls = ["cafile {folder}/ca.pem", "certfile {folder}/server.pem", "keyfile {folder}/server.key"];
  const files = { "ca.pem": ours.cert, "server.pem": server.cert, "server.key": server.key };
  const stops: (() => Promise<unknown>)[] = [];

  afterAll(() => {
    ours.remove();
    foreign.remove();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const start = async (lines: string[], more: Record<string, string> = {}): Promise<Mosquitto> => {
    const broker = await startMosquitto(lines, { ...files, ...more });
    stops.push(() => broker.stop());
    return broker;
  };
  const open = async (
    broker: Mosquitto,
    entry: Record<string, string> = {},
    more: Partial<UplinkContext> = {},
  ): Promise<UplinkSession> => {
    const settings = settingsOf({ url: `mqtts://127.0.0.1:${broker.port}`, ca: "secret:ours", ...entry });
    const session = await mqttUplink.open(
      settings,
      contextOf(secrets, { confirm: "broker", ...more }),
      never,
    );
    stops.push(() => session.close());
    return session;
  };
  /** mosquitto_sub on a topic, until one message came; its payload. */
  const subscribe = (broker: Mosquitto, topic: string) => {
    const address = ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "mqttv5"];
    const format = ["-t", topic, "-q", "1", "-C", "1", "-N"];
    return run("mosquitto_sub", [...address, ...trust(), ...format]);
  };
  const trust = () => ["--cafile", ours.file];
  const run = (command: string, args: string[], input?: Buffer) => {
    const child: ChildProcess = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stdin?.end(input);
    const done = new Promise<Buffer>((resolve) => child.once("close", () => resolve(Buffer.concat(chunks))));
    stops.push(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await done;
    });
    return done;
  };

  it("keeps a batch while nobody subscribes, and hands over exactly these bytes when somebody does", async () => {
    const broker = await start([...tls, "allow_anonymous true"]);
    const session = await open(broker);
    expect(session.confirms).toBe("broker");
    const batch = batchOf(values);
    expect(await fault(session.send(batch, never))).toEqual(["no-subscriber", "later"]);
    const seen = subscribe(broker, `${root}/up/data`);
    let receipt = null;
    // The broker says itself when the subscriber is there.
    while (receipt === null) {
      receipt = await session.send(batch, never).catch((error: UplinkError) => {
        expect(error.code).toBe("no-subscriber");
        return null;
      });
    }
    expect(receipt).toEqual({ batch: batch.id, taken: values.length, rejected: [], next: null, at: null });
    const body = await seen;
    expect(batchId(body)).toBe(batch.id);
    const read = parseBatch(body);
    expect(read === null ? null : recordsOf(read).map(({ value }) => value)).toStrictEqual(values);
  });

  it("gets its receipts and commands through it", async () => {
    const broker = await start([...tls, "allow_anonymous true"]);
    const context = contextOf(secrets);
    const settings = settingsOf({
      url: `mqtts://127.0.0.1:${broker.port}`,
      ca: "secret:ours",
      compress: "zstd",
    });
    const session = await mqttUplink.open(settings, context, never);
    stops.push(() => session.close());
    expect(session.window).toBe(4);
    const batch = batchOf(values);
    const sent = session.send(batch, never);
    const publish = (topic: string, body: string, ...more: string[]) => {
      const address = ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "mqttv5", "-q", "1"];
      return run("mosquitto_pub", [...address, ...trust(), "-t", topic, "-s", ...more], Buffer.from(body));
    };
    await publish(`${root}/dn/cmd`, '{"cmd":1}');
    await publish(`${root}/dn/cmd`, '{"cmd":2}', "-r");
    const receipt = { v: 1, batch: batch.id, taken: values.length, rejected: [], next: 9, at: 1 };
    await publish(`${root}/dn/receipt`, JSON.stringify(receipt));
    expect(await sent).toEqual({ batch: batch.id, taken: values.length, rejected: [], next: 9, at: 1 });
    expect(context.commands.map(({ raw, retained }) => [Buffer.from(raw).toString(), retained])).toEqual([
      ['{"cmd":1}', false],
      ['{"cmd":2}', true],
    ]);
    expect(context.strays).toEqual([]);
  });

  it("is refused for a wrong password, and never tries that again", async () => {
    const broker = await start([...tls, "password_file {folder}/users"], {
      users: passwordFile("gw1", "right"),
    });
    await open(broker, { user: "gw1", password: "secret:password" });
    for (const entry of [{ user: "gw1", password: "secret:wrong" }, {}]) {
      expect(await fault(open(broker, entry))).toEqual(["not-authorised", "never"]);
    }
  });

  it("refuses a broker that another CA vouches for, or that is another host", async () => {
    const broker = await start([...tls, "allow_anonymous true"]);
    expect(await fault(open(broker, { ca: "secret:foreign" }))).toEqual(["tls", "later"]);
    const url = `mqtts://localhost:${broker.port}`;
    expect(await fault(open(broker, { url }))).toEqual(["tls", "later"]);
  });

  it("shows its certificate where it is asked for, and says when that is missing or not accepted", async () => {
    const broker = await start([...tls, "require_certificate true", "allow_anonymous true"]);
    await open(broker, { cert: "secret:client" });
    expect(await fault(open(broker))).toEqual(["tls", "later"]);
    expect(await fault(open(broker, { cert: "secret:stranger" }))).toEqual(["tls", "later"]);
  });

  it("answers `too large` above the broker's largest packet, which would end the connection", async () => {
    const broker = await start([...tls, "allow_anonymous true", "max_packet_size 2000"]);
    const session = await open(broker);
    const large = batchOf(Array(200).fill(1));
    expect((await session.send(large, never)).tooLarge).toBe(true);
    expect(await fault(session.send(batchOf([1]), never))).toEqual(["no-subscriber", "later"]);
  });

  it("ends when the broker stops, and when another gateway comes with its client id", async () => {
    const broker = await start([...tls, "allow_anonymous true"]);
    const first = await open(broker);
    const second = await open(broker);
    expect(await first.ended).toMatchObject({ retry: "later" });
    await broker.stop();
    expect(await second.ended).toMatchObject({ retry: "later" });
    expect(await fault(open(broker))).toEqual(["unreachable", "later"]);
  });

  /** One line as mosquitto_passwd writes it. */
  function passwordFile(user: string, password: string): string {
    const salt = randomBytes(12);
    const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
    return `${user}:$7$101$${salt.toString("base64")}$${hash.toString("base64")}\n`;
  }
});
