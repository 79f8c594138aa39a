/** Real clients against the broker: mqtt.js, and mosquitto_pub over TLS. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { NotStored } from "../../../drivers/contract/index.ts";
import { device, link, secretOf, topicOf, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;

describe("mqtt.js", () => {
  let client: mqtt.MqttClient;
  afterEach(async () => {
    await client.endAsync(true);
    await w.close();
  });
  const join = (clean = true) => {
    client = mqtt.connect(`mqtt://127.0.0.1:${w.port}`, {
      username: "air",
      password: secretOf("air"),
      clientId: "air",
      clean,
      reconnectPeriod: 20,
    });
    client.on("error", () => {});
    return new Promise((resolve) => void client.once("connect", resolve));
  };

  it("gets every acknowledgement, QoS 0, 1 and 2 mixed", async () => {
    w = await world([air()]);
    await join();
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        client.publishAsync(topicOf("air"), JSON.stringify({ co2: n }), { qos: (n % 3) as 0 | 1 | 2 }),
      ),
    );
    await until(() => w.messages.length === 60);
    const values = w.messages.map(({ readings }) => readings[0]?.samples[0]?.raw);
    expect(values.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });

  it("sends again what was not stored (as a new packet: it never sets DUP)", async () => {
    w = await world([air()]);
    w.automatic = false;
    await join(false);
    const published = client.publishAsync(topicOf("air"), '{"co2":5}', { qos: 1 });
    await until(() => w.delivered.length === 1);
    w.delivered[0]?.reject(new NotStored("busy"));
    w.automatic = true;
    await published;
    const [first, second] = w.messages.map(({ keys }) => keys[0]);
    expect(first?.rule).toBe("set");
    expect(second).toEqual(first);
    expect(w.messages).toHaveLength(2);
  });

  it("gets through with two hundred QoS 2 messages at once, by reconnecting", async () => {
    w = await world([air()]);
    await join(false);
    const sent = Array.from({ length: 200 }, (_, n) =>
      client.publishAsync(topicOf("air"), JSON.stringify({ co2: n }), { qos: 2 }),
    );
    await Promise.all(sent);
    const first = w.messages.filter(({ keys }) => keys.some(({ slot }) => slot.startsWith("q2/")));
    expect(new Set(first.map(({ readings }) => readings[0]?.samples[0]?.raw)).size).toBe(200);
  });
});

const mosquitto = "/usr/bin/mosquitto_pub";
const missing = [mosquitto, "/usr/bin/openssl"].filter((path) => !existsSync(path));
const skip = missing.length > 0 && process.env.CE_CI !== "1";

describe.skipIf(skip)(`mosquitto_pub over TLS${skip ? ` (skipped: no ${missing.join(", ")})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "ce-mqtt-"));
  afterEach(async () => {
    await w.close();
  });

  /** Key and certificate in one file, for 127.0.0.1. */
  function certificate(): Buffer {
    const made = spawnSync(
      "openssl",
      [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=gateway",
        "-addext subjectAltName=IP:127.0.0.1",
      ]
        .join(" ")
        .split(" ")
        .concat("-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")),
    );
    expect(made.status).toBe(0);
    return Buffer.concat([readFileSync(join(folder, "key.pem")), readFileSync(join(folder, "cert.pem"))]);
  }

  const say = (more: string[]) =>
    new Promise<number>((resolve) => {
      const fixed = ["-h", "127.0.0.1", "-p", String(w.port), "--cafile", join(folder, "cert.pem")];
      execFile(mosquitto, [...fixed, "-i", "peer", ...more], { timeout: 20_000 }, (error) =>
        resolve(typeof error?.code === "number" ? error.code : error === null ? 0 : -1),
      );
    });

  it("publishes with its password, is refused with another, and finds no door without TLS", async () => {
    w = await world([air()], { link: { tls: "secret:broker" }, secrets: { broker: certificate() } });
    const login = ["-u", "air", "-P", secretOf("air").toString()];
    const message = ["-t", topicOf("air"), "-q", "1", "-m", '{"co2":700}'];
    expect(await say([...login, ...message])).toBe(0);
    expect(w.messages[0]?.readings[0]?.samples).toEqual([{ point: "co2", raw: 700 }]);
    expect(await say([...login, "-q", "2", ...message.slice(0, 2), "-m", '{"co2":701}'])).toBe(0);
    expect(await say(["-u", "air", "-P", "guess", ...message])).not.toBe(0);
    expect(w.codes("refused")).toEqual(["mqtt.credential"]);
    const plain = await w.client();
    plain.connect();
    await plain.end();
    expect(w.codes("refused")).toEqual(["mqtt.credential", "mqtt.encryption"]);
    expect(w.messages).toHaveLength(2);
  });

  it("half a handshake is cut within ten seconds", async () => {
    w = await world([air()], { link: { tls: "secret:broker" }, secrets: { broker: certificate() } });
    const client = await w.client();
    client.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02]));
    await until(() => w.session.connections === 1);
    await w.clock.advance(10_000);
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it("a key that is none is a fault of opening", async () => {
    w = await world([air()]);
    const { mqttDriver } = await import("../../../drivers/mqtt/index.ts");
    for (const [bytes, code] of [
      [Buffer.from("no pem"), "mqtt.tls"],
      [null, "mqtt.secret"],
    ] as const) {
      if (bytes === null) w.secrets.delete("broker");
      else w.secrets.set("broker", bytes);
      const opening = mqttDriver.open(
        link({ tls: "secret:broker" }),
        [air()],
        w.context,
        new AbortController().signal,
      );
      await expect(opening).rejects.toMatchObject({ fault: { code } });
    }
  });
});
