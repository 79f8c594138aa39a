import { afterEach, expect, it } from "vitest";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { closeWorlds, newWorld, values } from "./world.ts";

afterEach(closeWorlds);

it("goes on within an hour when a platform answers 500 to whatever holds one certain record, and to nothing else", async () => {
  const world = await newWorld();
  const arrived = new Set<number>();
  const session = world.session(4, (sent) => {
    if (values(sent.slice).includes(13)) {
      sent.fail(new UplinkError("failing", "later", "the platform has a fault of its own (HTTP 500)"));
      return;
    }
    world.take(sent);
    for (const value of values(sent.slice)) arrived.add(value);
  });
  void world.serve(session);
  await world.pass(2000);
  world.put(12);
  world.put(13);
  await world.pass(2000);
  // An hour and a half at one record a second.
  for (let n = 0; n < 90; n++) {
    await world.fill(60, 1000 + 60 * n);
    await world.pass(60_000, 5000);
  }
  expect(arrived.size).toBeGreaterThan(5000);
}, 60_000);
