import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { mqttUplink } from "../../../gateway/uplink/mqtt/index.ts";
import { makeAuthority } from "../../certificates.ts";
import { failure } from "../../suites/uplink-batches.ts";
import { contextOf, never, settingsOf } from "./mqtt-world.ts";
import { ScriptedBroker } from "./scripted-broker.ts";

describe("with mqtts, the MQTT uplink", () => {
  const ours = makeAuthority("ours");
  const foreign = makeAuthority("foreign");
  const good = ours.issue("IP:127.0.0.1,DNS:localhost");
  const client = ours.issue("DNS:gw1");
  const secrets = {
    password: "open sesame",
    ours: ours.cert,
    foreign: foreign.cert,
    both: `${foreign.cert}\n${ours.cert}`,
    "key-of-another": `${good.key}\n${client.cert}`,
    "key-alone": client.key,
    noise: "-----BEGIN CERTIFICATE-----\nbm9pc2U=\n-----END CERTIFICATE-----\n",
    empty: "",
  };
  let broker: ScriptedBroker;
  const sessions: UplinkSession[] = [];

  afterAll(() => {
    ours.remove();
    foreign.remove();
  });
  beforeEach(() => {
    broker = new ScriptedBroker();
  });
  afterEach(async () => {
    broker.cut();
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await broker.close();
  });

  const open = async (entry: Record<string, string> = {}, host = "127.0.0.1") => {
    const url = `mqtts://${host}:${broker.port}`;
    const settings = settingsOf({
      url,
      user: "gw1",
      password: "secret:password",
      ca: "secret:ours",
      ...entry,
    });
    const session = await mqttUplink.open(settings, contextOf(secrets), never);
    sessions.push(session);
    return session;
  };

  it.each(["127.0.0.1", "localhost"])(
    "opens to %s when a trusted CA signed a certificate for it",
    async (host) => {
      await broker.listen(good);
      await open({}, host);
      await open({ ca: "secret:both" }, host);
      expect(broker.connects).toHaveLength(2);
    },
  );

  it.each<[string, () => { key: string; cert: string }, RegExp]>([
    ["another CA signed it", () => foreign.issue("IP:127.0.0.1"), /into ca$/],
    ["it signed itself", () => selfSigned(), /into ca$/],
    ["it is for another host", () => ours.issue("DNS:evil.example,IP:127.0.0.2"), /another host/],
    ["it names the host only as common name", () => ours.issue("DNS:gw1"), /another host/],
    [
      "it is not valid yet",
      () => ours.issueFrom("IP:127.0.0.1", "491231000000Z"),
      /CERT_NOT_YET_VALID.*clock/,
    ],
    ["it has expired", () => ours.issue("IP:127.0.0.1", ["-days", "-1"]), /expired/],
  ])("refuses a broker's certificate when %s, and shows it not one byte", async (_, identity, detail) => {
    await broker.listen(identity());
    const error = await failure(open());
    expect([error.code, error.retry]).toEqual(["tls", "later"]);
    expect(error.message).toMatch(detail);
    await broker.until(() => broker.connected === 0);
    expect([broker.bytes, broker.connects]).toEqual([0, []]);
  });

  it("cannot be talked out of it by the environment", async () => {
    await broker.listen(foreign.issue("IP:127.0.0.1"));
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      expect((await failure(open())).code).toBe("tls");
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
    expect(broker.bytes).toBe(0);
  });

  it("trusts the public CAs alone without `ca`", async () => {
    await broker.listen(good);
    const settings = settingsOf({ url: `mqtts://127.0.0.1:${broker.port}` });
    const error = await failure(mqttUplink.open(settings, contextOf(secrets), never));
    expect(error.code).toBe("tls");
  });

  it("says that a port without TLS is no TLS port", async () => {
    await broker.listen();
    const error = await failure(open());
    expect([error.code, error.retry]).toEqual(["tls", "later"]);
    expect(error.message).toMatch(/TLS port/);
  });

  it.each<[Record<string, string>, string]>([
    [{ ca: "secret:noise" }, "certificate"],
    [{ ca: "secret:empty" }, "certificate"],
    [{ ca: "secret:key-alone" }, "certificate"],
    [{ cert: "secret:key-of-another" }, "certificate"],
    [{ cert: "secret:key-alone" }, "certificate"],
    [{ cert: "secret:ours" }, "certificate"],
    [{ cert: "secret:empty" }, "certificate"],
    [{ ca: "secret:absent" }, "secret"],
    [{ password: "secret:absent" }, "secret"],
  ])("does not try with unusable secrets: %o", async (entry, code) => {
    await broker.listen(good);
    const error = await failure(open(entry));
    expect([error.code, error.retry]).toEqual([code, "never"]);
    expect(broker.accepted).toBe(0);
  });

  function selfSigned(): { key: string; cert: string } {
    const own = makeAuthority("self");
    try {
      return own.self("IP:127.0.0.1");
    } finally {
      own.remove();
    }
  }
});
