import { expect, it } from "vitest";
import { plan, School } from "./world.ts";

it("an uplink whose live data are refused all day while its backlog is taken is not called well", async () => {
  const school = School.well(plan({ broker: {} }, [{}]));
  const tell = (fact: Parameters<typeof school.health.uplink>[1]) => school.health.uplink("province", fact);
  tell({ what: "open", confirms: "receipt" });
  const states = new Set<string>();
  for (let minute = 0; minute < 24 * 60; minute++) {
    // As the forwarder tells it when the platform answers 500 to one batch of the live lane, every 30 s.
    tell({
      what: "kept",
      lane: "live",
      code: "failing",
      detail: "the platform has a fault of its own (HTTP 500)",
    });
    await school.clock.advance(30_000);
    tell({ what: "settled", taken: 1000, rejected: 0, lane: "backlog" });
    await school.clock.advance(30_000);
    if (minute > 60) states.add(String(school.states("uplinks").province));
  }
  expect([...states]).not.toContain("ok");
}, 60_000);
