import { describe, expect, it } from "vitest";
import { Panel, type PanelOptions } from "../../../simulator/displays/panel.ts";
import { FakeClock } from "../../fake-clock.ts";

const projector = { warmMs: 30_000, coolMs: 60_000, busy: "refuses", inputs: [1] } as const;

function placed(options: Partial<PanelOptions> = {}) {
  const clock = new FakeClock();
  const room = { powered: true, on: false };
  const place = {
    now: () => ({ ...room }),
    turn: (on: boolean) => {
      room.on = on;
    },
  };
  const panel = new Panel({ ...projector, clock, place, ...options });
  return { clock, room, panel };
}

describe("what hangs in a room", () => {
  it("is on from the beginning when people have it on", () => {
    const clock = new FakeClock();
    const place = { now: () => ({ powered: true, on: true }), turn: () => {} };
    expect(new Panel({ ...projector, clock, place }).power).toBe("on");
  });

  it("does what the people do, and the room has what a command did", async () => {
    const { clock, room, panel } = placed();
    room.on = true;
    expect(panel.power).toBe("warming");
    await clock.advance(30_000);
    expect(panel.power).toBe("on");
    expect(panel.turn(false)).toBe(true);
    expect([panel.power, room.on]).toEqual(["cooling", false]);
    await clock.advance(60_000);
    expect([panel.power, room.on]).toEqual(["standby", false]);
  });

  it("comes on after it has cooled when people want it meanwhile, and refuses a command", async () => {
    const { clock, room, panel } = placed();
    panel.turn(true);
    await clock.advance(30_000);
    panel.turn(false);
    await clock.advance(1000);
    expect(panel.turn(true)).toBe(false);
    expect([panel.power, room.on]).toEqual(["cooling", false]);
    room.on = true;
    expect(panel.power).toBe("cooling");
    await clock.advance(59_000);
    expect(panel.power).toBe("warming");
    await clock.advance(30_000);
    expect(panel.power).toBe("on");
  });

  it("passes every stage at its own time, however late it is asked", async () => {
    const { clock, panel } = placed();
    panel.turn(true);
    await clock.advance(45_000);
    panel.turn(false);
    await clock.advance(59_999);
    expect(panel.power).toBe("cooling");
    expect(panel.busyMs).toBe(1);
    await clock.advance(3_600_000);
    expect(panel.power).toBe("standby");
    // 45 s with its lamp on, and none while it cooled or stood by.
    expect(panel.hours).toBeCloseTo(45 / 3600, 9);
  });

  it("warms up from when it had cooled, not from when somebody asks", async () => {
    const { clock, room, panel } = placed();
    panel.turn(true);
    await clock.advance(30_000);
    panel.turn(false);
    room.on = true;
    expect(panel.power).toBe("cooling");
    await clock.advance(60_000 + 29_999);
    expect(panel.power).toBe("warming");
    expect(panel.busyMs).toBe(1);
  });

  it("goes off at once while it warms up, when it is a display", () => {
    const { panel } = placed({ warmMs: 8000, coolMs: 0, busy: "remembers" });
    panel.turn(true);
    expect(panel.power).toBe("warming");
    panel.turn(false);
    expect(panel.power).toBe("standby");
  });

  it("without mains has none, and comes back as the room has it, its hours kept", async () => {
    const { clock, room, panel } = placed({ hours: 10 });
    panel.turn(true);
    await clock.advance(1_800_000);
    panel.muted = true;
    room.powered = false;
    expect([panel.powered, panel.power]).toEqual([false, "standby"]);
    await clock.advance(1_800_000);
    expect(panel.muted).toBe(false);
    room.powered = true;
    expect(panel.power).toBe("warming");
    expect(panel.hours).toBeCloseTo(10.5, 6);
  });
});
