/** A school's cameras at once, some of them hostile: those who are well are read whole, and nobody keeps the loop. */
import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { passing } from "../display/bytes.ts";
import { CameraEnd, envelope } from "./camera-end.ts";
import { cameraAt, codesOf, eventPoints, opened, usualPoints, valuesOf } from "./world.ts";

const drips = (socket: Socket) => {
  socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
  const drip = () => {
    if (socket.destroyed) return;
    socket.write("x");
    setTimeout(drip, 5);
  };
  drip();
};
const endless = (socket: Socket) => {
  socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const part = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const flood = () => {
    if (!socket.destroyed) socket.write(part, () => setImmediate(flood));
  };
  flood();
};
const says = (body: string) => (socket: Socket) =>
  void socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
const hostile: readonly ((socket: Socket) => void)[] = [
  drips,
  endless,
  (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(9_000)}`),
  says("<a>".repeat(142_000)),
  says(
    envelope(`<GetSystemDateAndTimeResponse>${"<b c='d'/>".repeat(95_000)}</GetSystemDateAndTimeResponse>`),
  ),
];

it("of 40 cameras 5 are hostile: the other 35 are read whole, again and again", async () => {
  const ends = await Promise.all(Array.from({ length: 40 }, () => CameraEnd.listen()));
  for (const [index, does] of hostile.entries()) {
    const end = ends[index];
    if (end !== undefined) end.raw = does;
  }
  const at = await opened(ends, (port, id) =>
    cameraAt(port, id, { ...usualPoints, ...eventPoints }, undefined, "10s"),
  );
  await at.session.listen?.(async () => {}, new AbortController().signal);
  let longest = 0;
  let before = process.cpuUsage();
  let isOpen = true;
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.cpuUsage();
    if (isOpen) setImmediate(look);
  };
  look();
  for (let round = 0; round < 2; round++) {
    const asked = ends.map((_, index) => at.run(`cam-${index}`).catch((error: { fault?: unknown }) => error));
    // Slowly as long as one who is well is asked, then on to the end of those who drip.
    await passing(at.clock, Promise.all(asked.slice(hostile.length)), 1);
    const readings = await passing(at.clock, Promise.all(asked), 100);
    for (const [index, reading] of readings.entries()) {
      if ("fault" in reading) expect(index).toBeLessThan(hostile.length);
      else if ("samples" in reading && index >= hostile.length) {
        expect(codesOf(reading)).toEqual([]);
        expect(valuesOf(reading)).toMatchObject({ device_firmware: "V5.5", stream: true });
      } else if ("samples" in reading) expect(reading.samples).toEqual([]);
    }
  }
  isOpen = false;
  // Of one processor, and with the cameras themselves in this process.
  expect(longest).toBeLessThan(200);
  await at.close();
  expect(at.clock.sleeping).toBe(0);
  await Promise.all(ends.map((end) => end.close()));
}, 60_000);
