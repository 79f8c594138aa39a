/** What stands in a recording of displays: never a password's digest or its salt, and no names. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { LineEntry, RecordingEntry } from "../../../config/schema/recording.ts";
import { bytesOf } from "../../../config/schema/recording.ts";
import { DisplayScrubber, scrub } from "../../../drivers/display/scrubber.ts";
import { ascii, bytes, hisenseSaid, mdcSaid, nec } from "./bytes.ts";

function recording(): { scrubber: DisplayScrubber; entries: RecordingEntry[]; text(): string } {
  const entries: RecordingEntry[] = [];
  const scrubber = new DisplayScrubber({}, new Map([["301-proj", "tcp:192.0.2.1:4352"]]), {
    key: new Uint8Array(32),
    secret: () => new Uint8Array(),
    wallMs: () => 0,
    words: new Set(),
    take: (entry) => void entries.push(entry),
  });
  const text = () =>
    entries.map((entry) => Buffer.from(bytesOf(entry as LineEntry)).toString("latin1")).join("");
  return { scrubber, entries, text };
}
const line = "tcp:192.0.2.1:4352";

it("salt and digest are replaced, however the greeting was cut", () => {
  const greeting = "PJLINK 1 498e4a67\r";
  for (let at = 1; at < greeting.length; at++) {
    const { scrubber, text, entries } = recording();
    scrubber.bytes(0, line, "tx", new Uint8Array());
    scrubber.bytes(1, line, "rx", ascii(greeting.slice(0, at)));
    scrubber.bytes(2, line, "rx", ascii(greeting.slice(at)));
    scrubber.bytes(3, line, "tx", ascii("5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r"));
    scrubber.bytes(4, line, "rx", ascii("%1POWR=1\r"));
    scrubber.flush();
    expect(text()).toBe(`PJLINK 1 00000000\r${"0".repeat(32)}%1POWR ?\r%1POWR=1\r`);
    expect(entries.map((entry) => (entry as LineEntry).ms)).toEqual([1, 2, 3, 4]);
    expect(JSON.stringify(entries)).not.toContain("192.0.2");
  }
});

it("a salt that is none of PJLink is not kept either", () => {
  expect(Buffer.from(scrub(ascii("PJLINK 1 secret-salt"))).toString("latin1")).toBe("PJLINK 1 00000000000");
});

it("names are gone, and states are kept", () => {
  const { scrubber, text } = recording();
  const name = Buffer.from("李老师的投影机", "utf8").toString("latin1");
  for (const said of [
    `%1NAME=${name}\r`,
    "%1INF2=EB-X06\r",
    "%2SNUM=X4D7123456\r",
    "%1INF1=ERR1\r",
    "%1LAMP=1234 1\r",
    "%1ERST=000010\r",
  ])
    scrubber.bytes(0, line, "rx", ascii(said));
  scrubber.flush();
  expect(text()).not.toMatch(/X06|X4D|\xe6/);
  expect(text()).toContain("%1INF1=ERR1\r%1LAMP=1234 1\r%1ERST=000010\r");
});

it("frames of the makers' protocols are kept as they are", () => {
  const frames = [
    bytes("AA 11 01 00 12"),
    mdcSaid(0xfd, 0x14, [0x21]),
    nec(0x30, 0x41, "D", "000062000064001E"),
    hisenseSaid(0x15, 1, [0xaa, 0xaa]),
    ascii("a 01 OK01x"),
    ascii("SOURCE=A0\r:"),
    ascii("801rl001\r"),
  ];
  for (const frame of frames) expect([...scrub(frame)]).toEqual([...frame]);
});

it("a card, a number of a person and a name that stray onto the line are in no byte of it", () => {
  const nec1 = nec(0x30, 0x41, "D", "000062000064001E");
  const strays = [
    "E3086CED",
    "\x0262E3086CED41\x03",
    "3808980205\r\n",
    "330102199001011234",
    "wangxiaoming",
    "\x01E3086CED\r",
  ];
  for (const stray of strays) {
    for (const around of [nec1, mdcSaid(1, 0x12, [0xa0])]) {
      const said = Uint8Array.of(...around, ...ascii(stray), ...around);
      const made = Buffer.from(scrub(said)).toString("latin1");
      expect(made).not.toMatch(/E3086CED|3808980205|1990|wang/);
      expect(made.split(Buffer.from(around).toString("latin1")).length).toBeGreaterThan(2);
    }
  }
});

it("what a table has it told is kept, and its words in an answer", () => {
  const entries: RecordingEntry[] = [];
  const scrubber = new DisplayScrubber({}, new Map(), {
    ...{ key: new Uint8Array(32), secret: () => new Uint8Array(), wallMs: () => 0 },
    ...{ words: new Set(["hdmi"]), take: (entry: RecordingEntry) => void entries.push(entry) },
  });
  scrubber.bytes(0, line, "tx", ascii("GET VOLUME 00000017\r"));
  scrubber.bytes(1, line, "rx", ascii("volume=30 00000017 HDMI zhangwei 13812345678\r"));
  scrubber.flush();
  const said = entries.map((entry) => Buffer.from(bytesOf(entry as LineEntry)).toString("latin1"));
  expect(said).toEqual(["GET VOLUME 00000017\r", "volume=30 00000017 HDMI xxxxxxxx 00000000000\r"]);
});

it("keeps no more than is said at once, tells how much is left out, and throws at nothing", () => {
  const { scrubber, entries } = recording();
  scrubber.bytes(0, line, "rx", new Uint8Array(5000).fill(0x41));
  scrubber.bytes(1, line, "rx", new Uint8Array(10));
  scrubber.flush();
  expect(entries).toMatchObject([{ cut: 5000 - 1024 }, { bytes: "", cut: 10 }]);
  expect(scrubber.known("301-proj")).toEqual({ line: 1 });
  expect(scrubber.known("someone")).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (said) => {
      expect(scrub(said)).toHaveLength(said.length);
    }),
  );
});
