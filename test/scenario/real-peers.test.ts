/** Real peers at both ends: mosquitto_pub as the device, a Debian mosquitto as the platform's broker. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { type Agent, startAgent, systemClock } from "../../edge/agent/index.ts";
import { parseBatch } from "../../gateway/encode/decoder.ts";
import { type Authority, makeAuthority } from "../certificates.ts";
import { recordingLog } from "../fake-clock.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../mosquitto.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "./school-folder.ts";

const clients = ["/usr/bin/mosquitto_pub", "/usr/bin/mosquitto_sub", "/usr/bin/mosquitto_passwd"].every(
  (file) => existsSync(file),
);
const can = (hasMosquitto && clients) || process.env.CE_CI === "1";
const run = promisify(execFile);
const topic = "edu/v1/2133000001/gw1/up/#";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface World {
  agent: Agent;
  ca: Authority;
  /** Port of the gateway's own broker. */
  port: number;
  platform: Mosquitto;
  folder: SchoolFolder;
  publish(user: string, password: string, payload: object, more?: string[]): Promise<unknown>;
}

async function world(): Promise<World> {
  const ca = makeAuthority("school-ca");
  undo.push(() => ca.remove());
  const server = ca.issue("IP:127.0.0.1,DNS:localhost");
  const scratch = mkdtempSync(join(tmpdir(), "ce-peers-"));
  undo.push(() => rmSync(scratch, { recursive: true, force: true }));
  const passwords = join(scratch, "passwords");
  await run("mosquitto_passwd", ["-b", "-c", passwords, "gw1", "north"]);
  await run("mosquitto_passwd", ["-b", passwords, "province", "reads"]);
  const { readFileSync } = await import("node:fs");
  const platform = await startMosquitto(
    [
      "allow_anonymous false",
      "password_file {folder}/passwords",
      "certfile {folder}/cert.pem",
      "keyfile {folder}/key.pem",
    ],
    { passwords: readFileSync(passwords, "utf8"), "cert.pem": server.cert, "key.pem": server.key },
  );
  undo.push(() => platform.stop());
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { co2: { deadband: off }, temperature: { deadband: off } } }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0", tls: secret:broker-cert } }
devices:
  101-air: { profile: mqtt-air-json, via: broker, user: u101, password: secret:d101, space: 101 }
  102-air: { profile: mqtt-air-json, via: broker, user: u102, password: secret:d102, space: 102 }
uplinks:
  province: { kind: mqtt, url: "mqtts://localhost:${platform.port}", user: gw1, password: secret:north, ca: secret:ca, confirm: broker }
`,
    },
    { "broker-cert": `${server.key}${server.cert}`, d101: "one", d102: "two", north: "north", ca: ca.cert },
  );
  undo.push(() => folder.remove());
  const port = Promise.withResolvers<number>();
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    onFact: (_link, fact) => fact.what === "listening" && port.resolve(fact.port),
  });
  undo.push(() => agent.stop());
  const where = ["--cafile", ca.file, "-h", "localhost", "-p", String(await port.promise)];
  return {
    agent,
    ca,
    port: await port.promise,
    platform,
    folder,
    publish: (user, password, payload, more = []) =>
      run("mosquitto_pub", [
        ...where,
        ...["-u", user, "-P", password, "-i", user, "-q", "1"],
        ...["-t", `ce/v1/${user === "u101" ? "101" : "102"}-air/up/prop`, "-m", JSON.stringify(payload)],
        ...more,
      ]),
  };
}

/** A mosquitto_sub at the platform's broker; resolves once it is subscribed. */
async function subscribe({
  ca,
  platform,
}: World): Promise<{ child: ChildProcess; payloads: Buffer[]; until(n: number): Promise<void> }> {
  const child = spawn(
    "mosquitto_sub",
    [
      ...["-V", "5", "-d", "--cafile", ca.file, "-h", "localhost", "-p", String(platform.port)],
      ...["-u", "province", "-P", "reads", "-q", "1", "-t", topic, "-F", "payload %x"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  undo.push(async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill();
    await gone;
  });
  const payloads: Buffer[] = [];
  const lines = createInterface({ input: child.stdout });
  const subscribed = Promise.withResolvers<void>();
  let woken = Promise.withResolvers<void>();
  lines.on("line", (line) => {
    if (/SUBACK|Subscribed/.test(line)) subscribed.resolve();
    const [, hex] = /^payload ([0-9a-f]+)$/.exec(line) ?? [];
    if (hex === undefined) return;
    payloads.push(Buffer.from(hex, "hex"));
    woken.resolve();
    woken = Promise.withResolvers<void>();
  });
  await subscribed.promise;
  return {
    child,
    payloads,
    async until(n) {
      while (valuesOf(payloads).length < n) await woken.promise;
    },
  };
}

/** Values of all rows of device points, in the order of arrival. */
function valuesOf(payloads: Buffer[]): string[] {
  return payloads.flatMap((payload) => {
    const batch = parseBatch(payload);
    if (batch === null) throw new Error("not a batch");
    return batch.rows.flatMap(([, s, , value]) => {
      const series = batch.series[String(s)];
      return series?.kind === "measurement" ? [`${series.device} ${series.point} ${value}`] : [];
    });
  });
}

const uplink = ({ agent }: World) => agent.status().uplinks[0];
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

it.runIf(can)(
  "brings readings of mosquitto_pub over TLS to mosquitto_sub behind a Debian mosquitto, values exact",
  async () => {
    const w = await world();
    const seen = await subscribe(w);
    const values = [0.1, 612, 1e-7, 412.30000000000001, 9999.999];
    for (const co2 of values) await w.publish("u101", "one", { p: { co2, temperature: 21.25 } });
    await w.publish("u102", "two", { p: { co2: 801 } });
    await seen.until(values.length * 2 + 1);
    expect(valuesOf(seen.payloads).sort()).toEqual(
      [
        ...values.flatMap((co2) => [`101-air co2 ${co2}`, "101-air temperature 21.25"]),
        "102-air co2 801",
      ].sort(),
    );
    await until(() => uplink(w)?.waiting === 0);
    expect(uplink(w)).toMatchObject({ confirms: "broker", lost: 0, quarantined: 0 });
  },
);

it.runIf(can)(
  "keeps everything while the broker has nobody who takes it (PUBACK reason 16), and hands it over afterwards",
  async () => {
    const w = await world();
    await w.publish("u101", "one", { p: { co2: 700 } });
    await until(
      () => w.agent.status().reasons.some(({ code }) => code === "E508") || uplink(w)?.code !== undefined,
    );
    expect(uplink(w)).toMatchObject({ delivered: 0, lost: 0 });
    expect(uplink(w)?.waiting).toBeGreaterThanOrEqual(2);
    const seen = await subscribe(w);
    await seen.until(1);
    expect(valuesOf(seen.payloads)).toContain("101-air co2 700");
    await until(() => uplink(w)?.waiting === 0);
  },
);

it.runIf(can)("refuses a wrong password, a foreign topic and a foreign CA, and others go on", async () => {
  const w = await world();
  const seen = await subscribe(w);
  await expect(w.publish("u101", "wrong", { p: { co2: 1 } })).rejects.toThrow();
  await expect(
    w.publish("u101", "one", { p: { co2: 2 } }, ["-t", "ce/v1/102-air/up/prop"]),
  ).rejects.toThrow();
  const foreign = makeAuthority("foreign-ca");
  undo.push(() => foreign.remove());
  await expect(w.publish("u101", "one", { p: { co2: 3 } }, ["--cafile", foreign.file])).rejects.toThrow();
  await w.publish("u102", "two", { p: { co2: 4 } });
  await seen.until(1);
  await until(() => uplink(w)?.waiting === 0);
  expect(valuesOf(seen.payloads)).toEqual(["102-air co2 4"]);
});
