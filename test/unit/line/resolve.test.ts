import { expect, it } from "vitest";
import { Resolver } from "../../../drivers/line/resolve.ts";

/** A system that answers when it is told to. */
function system() {
  const asked: string[] = [];
  const open = new Map<string, PromiseWithResolvers<{ address: string; family: number }[]>>();
  const resolver = new Resolver((host) => {
    asked.push(host);
    const answer = Promise.withResolvers<{ address: string; family: number }[]>();
    open.set(host, answer);
    return answer.promise;
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return {
    resolver,
    asked,
    say: async (host: string, address: string) => {
      open.get(host)?.resolve([{ address, family: 4 }]);
      await settle();
    },
    fail: async (host: string) => {
      open.get(host)?.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
      await settle();
    },
  };
}

it("asks nobody about an address", async () => {
  const { resolver, asked } = system();
  expect(await resolver.addressesOf("10.0.0.1", 0)).toEqual([{ address: "10.0.0.1", family: 4 }]);
  expect(await resolver.addressesOf("fd12::1", 0)).toEqual([{ address: "fd12::1", family: 6 }]);
  expect(asked).toEqual([]);
});

it("asks for a name once, two at a time, and a dead one keeps nobody else for ever", async () => {
  const { resolver, asked, say, fail } = system();
  const [dead, again] = [resolver.addressesOf("dead", 0), resolver.addressesOf("dead", 0)];
  const [other, well] = [resolver.addressesOf("other", 0), resolver.addressesOf("well", 0)];
  expect(asked).toEqual(["dead", "other"]);
  await fail("dead");
  await expect(dead).rejects.toThrow("no");
  await expect(again).rejects.toThrow("no");
  expect(asked).toEqual(["dead", "other", "well"]);
  await say("well", "10.0.0.2");
  expect(await well).toEqual([{ address: "10.0.0.2", family: 4 }]);
  await say("other", "10.0.0.3");
  await other;
});

it("gives what it knows while it asks again, also when the system has lost the name", async () => {
  const { resolver, asked, say, fail } = system();
  const first = resolver.addressesOf("box", 0);
  await say("box", "10.0.0.2");
  await first;
  expect(await resolver.addressesOf("box", 59_999)).toEqual(await first);
  expect(asked).toHaveLength(1);
  expect(await resolver.addressesOf("box", 60_000)).toEqual(await first);
  await fail("box");
  expect(await resolver.addressesOf("box", 60_001)).toEqual(await first);
  await say("box", "10.0.0.9");
  expect(await resolver.addressesOf("box", 60_002)).toEqual([{ address: "10.0.0.9", family: 4 }]);
  resolver.doubt("box");
  await resolver.addressesOf("box", 60_003);
  expect(asked).toHaveLength(4);
});
