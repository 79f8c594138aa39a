import { afterEach, describe, expect, it } from "vitest";
import { draft } from "../../suites/journal.ts";
import { closeWorlds, type Sent, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

describe("a forwarder's own life", () => {
  it("serves one session at a time", async () => {
    const w = await world();
    void w.serve(w.session());
    await expect(w.serve(w.session())).rejects.toThrow(/already/);
  });

  it("stops while everything hangs: a send that never ends, and no receipt", async () => {
    const w = await world();
    const session = w.session();
    session.send = () => new Promise(() => {});
    const served = w.serve(session);
    await w.pass(1000);
    expect(w.forwarder.inFlight).toBeGreaterThan(0);
    await w.forwarder.stop();
    expect(await served).toEqual({ why: "stopped", recycle: false });
    expect(w.forwarder.inFlight).toBe(0);
    expect(await w.serve(w.session())).toEqual({ why: "stopped", recycle: false });
  });

  it("comes back when its signal aborts, also when it had aborted before", async () => {
    const w = await world();
    const stop = new AbortController();
    const served = w.serve(w.session(), stop.signal);
    await w.pass(100);
    stop.abort();
    expect(await served).toEqual({ why: "aborted", recycle: false });
    expect(await w.serve(w.session(), stop.signal)).toEqual({ why: "aborted", recycle: false });
    expect(w.clock.sleeping).toBeLessThanOrEqual(1);
  });

  it("delivers once through a store that went down between sending and settling", async () => {
    const w = await world({ maxBytes: 700_000 });
    await w.fill(1200);
    const held: Sent[] = [];
    let hold = true;
    const session = w.session(20, (sent) => {
      if (hold) held.push(sent);
      else w.take(sent);
    });
    void w.serve(session);
    await w.pass(1500);
    const { epoch } = w.journal.status();
    expect(held.filter((sent) => sent.open).length).toBeGreaterThan(1);
    // The settling and rows that do not fit go into one commit, which fails.
    for (const sent of held.filter((one) => one.open)) w.take(sent);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    const text = "x".repeat(250);
    const refused = w.journal
      .append(
        Array.from({ length: 5000 }, () => ({ ...draft(0), value: text })),
        [],
        "now",
      )
      .then(
        () => "stored",
        (error) => error.code,
      );
    hold = false;
    await w.pass(3000);
    expect(await refused).toBe("store-down");
    expect(w.journal.status()).toMatchObject({ state: "open" });
    expect(w.journal.status().epoch).not.toBe(epoch);
    await w.until(() => w.waiting === 0, "all is delivered");
    const delivered = [...w.platform.streams.values()].flatMap((stream) =>
      [...stream.done.values()].map((row) => (JSON.parse(row) as unknown[])[3]),
    );
    expect(delivered.filter((value) => typeof value === "number").sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1200 }, (_, n) => n + 1),
    );
    expect(delivered).not.toContain(text);
  });

  it("goes on when a settling is refused though the journal stays", async () => {
    let refuse = 1;
    const w = await world({
      journal: (real) =>
        new Proxy(real, {
          get(target, name) {
            if (name === "settle" && refuse-- > 0) return () => Promise.reject(new Error("store-down"));
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    await w.fill(20);
    void w.serve(w.answering());
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ delivered: 21 });
  });
});
