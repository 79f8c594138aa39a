import { describe, expect, it } from "vitest";
import { Subscribing } from "../../../drivers/mqtt/external/subscribing.ts";

const never = new AbortController().signal;
const minuteMs = 60_000;

/** A broker that grants all but these. */
function broker(refuses: string[] = [], atMostOnce: string[] = []) {
  const asked: string[][] = [];
  const left: string[][] = [];
  const told: string[] = [];
  let weak: readonly string[] = [];
  const subscribing = new Subscribing({
    version: 4,
    requests: {
      async subscribe(filters) {
        asked.push([...filters]);
        return [...filters].map((filter) => ({
          filter,
          code: refuses.includes(filter) ? 0x80 : atMostOnce.includes(filter) ? 0 : 1,
        }));
      },
      async unsubscribe(filters) {
        left.push([...filters]);
      },
    },
    onRefused: (filter) => void told.push(filter),
    onUnacknowledged: (filters) => {
      weak = filters;
    },
  });
  return { subscribing, asked, left, told, refuses, weak: () => weak };
}

describe("what is asked of a school's broker", () => {
  it("is all at first, and after a change what is new, before what nobody wants is left", async () => {
    const { subscribing, asked, left } = broker();
    await subscribing.ask(new Set(["a", "b"]));
    await subscribing.change(new Set(["b", "c"]), never);
    await subscribing.change(new Set(["a"]), never);
    expect({ asked, left }).toEqual({ asked: [["a", "b"], ["c"], ["a"]], left: [["a"], ["b", "c"]] });
  });

  it("stays wanted as before when a change is given up, so that the next one asks for nothing twice", async () => {
    const { subscribing, asked, left } = broker();
    await subscribing.ask(new Set(["a"]));
    await expect(
      subscribing.change(new Set(["b"]), AbortSignal.abort(new Error("given up"))),
    ).rejects.toThrow("given up");
    await subscribing.change(new Set(["b"]), never);
    expect({ asked, left }).toEqual({ asked: [["a"], ["b"], []], left: [["a"]] });
  });

  it("is asked for again ten minutes after a refusal, which is told once until it is granted", async () => {
    const { subscribing, asked, told, refuses } = broker(["b"]);
    subscribing.askAgain(minuteMs);
    await subscribing.ask(new Set(["a", "b"]));
    subscribing.askAgain(11 * minuteMs - 1);
    expect(asked).toHaveLength(1);
    for (const minute of [11, 21]) subscribing.askAgain(minute * minuteMs);
    await new Promise(setImmediate);
    expect({ asked, told }).toEqual({ asked: [["a", "b"], ["b"], ["b"]], told: ["b"] });
    refuses.length = 0;
    subscribing.askAgain(31 * minuteMs);
    await new Promise(setImmediate);
    subscribing.askAgain(60 * minuteMs);
    expect(asked).toHaveLength(4);
  });

  it("is no longer asked for again when nobody wants it", async () => {
    const { subscribing, asked } = broker(["b"]);
    await subscribing.ask(new Set(["a", "b"]));
    await subscribing.change(new Set(["a"]), never);
    for (const minute of [1, 20, 40]) subscribing.askAgain(minute * minuteMs);
    expect(asked).toEqual([["a", "b"], []]);
  });

  it("and was refused is known while it is wanted, so that it can be told of others who come to it", async () => {
    const { subscribing } = broker(["b", "c"]);
    await subscribing.ask(new Set(["a", "b", "c"]));
    expect(subscribing.refusedOf(new Set(["a", "b", "d"]))).toMatchObject([
      ["b", { code: "mqtt.their-topic", facts: { topic: "b" } }],
    ]);
    await subscribing.change(new Set(["a"]), never);
    expect(subscribing.refusedOf(new Set(["a", "b", "c"]))).toEqual([]);
  });

  it("is left by its earlier names, each once, and never by one of today", async () => {
    const { subscribing, left } = broker();
    await subscribing.ask(new Set(["t/+", "u"]));
    subscribing.leaveBeside(["u"]);
    subscribing.leaveBehind("t/a", true);
    subscribing.leaveBehind("t/a", true);
    subscribing.leaveBehind("v", false);
    expect(left.flat()).toEqual(["+", "#", "u/#", "t/a", "+/a", "t/#", "t/a/#", "v"]);
  });

  it("says what can be lost on its way", async () => {
    const { subscribing, weak } = broker([], ["b"]);
    await subscribing.ask(new Set(["a", "b"]));
    expect(weak()).toEqual(["b"]);
  });
});
