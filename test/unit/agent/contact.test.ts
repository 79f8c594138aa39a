import { afterEach, describe, expect, it } from "vitest";
import { Contact } from "../../../edge/agent/contact.ts";
import { Schedule } from "../../../edge/forward/index.ts";
import { FakeClock } from "../../fake-clock.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** The clock begins at 08:00 in China. */
const start = 8 * 60;

const contacts: Contact[] = [];
afterEach(async () => {
  for (const contact of contacts.splice(0)) await contact.stop();
});

/** A contact with hours, a forwarder by words, and what was begun and ended when (minutes since the start). */
function world(window: { from: number; to: number }[] | null, known = true) {
  const clock = new FakeClock();
  const begun = clock.monotonicMs();
  const did: string[] = [];
  const at = () => Math.round((clock.monotonicMs() - begun) / 100) / 10;
  const w = { clock, did, known, alarms: 0, inFlight: 0, asked: 0, open: false };
  const schedule = new Schedule(
    { backlog: {}, ...(window === null ? {} : { window }) },
    { wallMs: () => (w.known ? clock.wallMs() : null), share: 0 },
  );
  const contact = new Contact({
    clock,
    schedule,
    forwarder: {
      async alarmsWait() {
        w.asked += 1;
        return w.alarms > 0;
      },
      get holdsAlarms() {
        return w.alarms > 0;
      },
      get inFlight() {
        return w.inFlight;
      },
    },
    begin() {
      expect(w.open).toBe(false);
      w.open = true;
      did.push(`begin ${at()}`);
    },
    async end() {
      expect(w.open).toBe(true);
      w.open = false;
      did.push(`end ${at()}`);
    },
  });
  contacts.push(contact);
  contact.start();
  const alarm = async (n: number) => {
    w.alarms = n;
    contact.look();
    await clock.advance(0);
  };
  return { ...w, w, contact, alarm };
}

describe("a session with an uplink", () => {
  it("stands always without a window, with nothing timed", async () => {
    const { clock, did } = world(null);
    expect(did).toEqual(["begin 0"]);
    await clock.advance(48 * hour);
    expect(did).toEqual(["begin 0"]);
    expect(clock.sleeping).toBe(0);
  });

  it("stands in the window, day by day, and nothing but the opening is timed outside", async () => {
    const { clock, did, w } = world([{ from: start + 60, to: start + 120 }]);
    await clock.advance(0);
    const { asked } = w;
    expect(clock.sleeping).toBe(1);
    await clock.advance(59 * minute);
    expect(w.asked).toBe(asked);
    await clock.advance(48 * hour);
    expect(did).toEqual(["begin 3600", "end 7200", "begin 90000", "end 93600"]);
  });

  it("gives what is in flight at the end ten seconds for its receipts", async () => {
    const { clock, did, w, contact } = world([{ from: start, to: start + 60 }]);
    w.inFlight = 2;
    await clock.advance(hour + 4 * second);
    expect(did).toEqual(["begin 0"]);
    w.inFlight = 0;
    contact.look();
    await clock.advance(0);
    expect(did).toEqual(["begin 0", "end 3604"]);
    w.inFlight = 1;
    await clock.advance(25 * hour);
    expect(did.slice(2)).toEqual(["begin 86400", "end 90010"]);
  });

  it("is opened for an alarm, and ends ten seconds after the last receipt", async () => {
    const { clock, did, alarm } = world([{ from: start + 600, to: start + 660 }]);
    await clock.advance(minute);
    await alarm(1);
    expect(did).toEqual(["begin 60"]);
    await clock.advance(30 * second);
    await alarm(0);
    await clock.advance(5 * second);
    // Another one meanwhile: the same session.
    await alarm(1);
    await clock.advance(7 * second);
    await alarm(0);
    await clock.advance(9 * second);
    expect(did).toEqual(["begin 60"]);
    await clock.advance(minute);
    expect(did).toEqual(["begin 60", "end 112"]);
  });

  it("ends after five minutes without a receipt for the alarm, and is tried again after five more", async () => {
    const { clock, did, alarm } = world([{ from: start + 600, to: start + 660 }]);
    await alarm(1);
    for (let n = 0; n < 22 * 60; n++) {
      await alarm(1);
      await clock.advance(second);
    }
    expect(did).toEqual(["begin 0", "end 300", "begin 600", "end 900", "begin 1200"]);
  });

  it("that was opened for alarms begins anew when the window opens", async () => {
    const { clock, did, alarm } = world([{ from: start + 2, to: start + 60 }]);
    await alarm(1);
    await clock.advance(3 * minute);
    expect(did).toEqual(["begin 0", "end 120", "begin 120"]);
  });

  it("stands while nobody knows the time, and follows a step of the clock", async () => {
    const { clock, did, w, contact } = world([{ from: start + 600, to: start + 660 }], false);
    await clock.advance(5 * hour);
    expect(did).toEqual(["begin 0"]);
    w.known = true;
    contact.look();
    await clock.advance(0);
    expect(did).toEqual(["begin 0", "end 18000"]);
    clock.step(5 * hour + minute);
    contact.look();
    await clock.advance(0);
    expect(did.at(-1)).toBe("begin 18000");
    clock.step(-2 * hour);
    contact.look();
    await clock.advance(0);
    expect(did.at(-1)).toBe("end 18000");
  });

  it("is no more after a stop, with no timer left", async () => {
    const { clock, contact, did, alarm } = world([{ from: start + 60, to: start + 120 }]);
    await alarm(1);
    await contact.stop();
    expect(did).toEqual(["begin 0", "end 0"]);
    expect(clock.sleeping).toBe(0);
    contact.look();
    await clock.advance(48 * hour);
    expect(did).toHaveLength(2);
  });
});
