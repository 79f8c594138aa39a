/**
 * Epson ESC/VP21, text ↔ words. A command ends with a carriage return; the projector answers when it is ready again,
 * with a line for a question, with ERR for what it refuses, and always with a colon. One projector on a line. Pure.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import { ascii, type Heard, type Question, scan, textAt, textOf } from "../question.ts";
import { codeOf, type Protocol, whole, words } from "./protocol.ts";

/** It answers a change of power when that is done. */
const powerMs = 110_000;
/** Longest line, its colon included. */
const most = 64;

interface Command {
  name: string;
  read(said: string): Value;
}

const digits = (said: string): Value => (/^\d{1,6}$/.test(said) ? Number(said) : null);
const asCode = (said: string): Value => (/^[0-9A-F]{2}$/.test(said) ? said : null);
const power = (said: string): Value => (/^0[0-9]$/.test(said) ? Number(said) : null);
const onOff = (said: string): Value => (said === "ON" || said === "OFF" ? said : null);

const commands: Readonly<Record<string, Command>> = {
  power: { name: "PWR", read: power },
  input: { name: "SOURCE", read: asCode },
  "av-mute": { name: "MUTE", read: onOff },
  volume: { name: "VOL", read: digits },
  "lamp-hours": { name: "LAMP", read: digits },
  error: { name: "ERR", read: asCode },
};

/** What is sent for a value; null: it is none that can be set. */
const writes: Readonly<Record<string, { command(raw: Value): string | null; takes: string }>> = {
  power: {
    command: (raw) => (raw === "ON" || raw === "OFF" ? `PWR ${raw}` : null),
    takes: "ON, OFF",
  },
  input: {
    command: (raw) => {
      const code = codeOf(raw, 2);
      return code === null ? null : `SOURCE ${code}`;
    },
    takes: "00..FF",
  },
  "av-mute": { command: (raw) => (raw === "ON" || raw === "OFF" ? `MUTE ${raw}` : null), takes: "ON, OFF" },
};

const colon = 0x3a;
const isText = (byte: number) => (byte >= 0x20 && byte <= 0x7e) || byte === 0x0d || byte === 0x0a;
const promptAt = (rest: Uint8Array) => textAt(rest, isText, (byte) => byte === colon, most);

/** What was said before a colon, without our own command that a line may give back. */
function saidIn(text: string, sent: string): string {
  const lines = text
    .slice(0, -1)
    .split(/[\r\n]+/)
    .filter((line) => line !== "" && line !== sent);
  return lines.length > 1 ? "?" : (lines[0] ?? "");
}

function question(sent: string, rxBytes: number, take: (said: string) => Heard | null): Question {
  const meant = (text: string): Heard | null => {
    const said = saidIn(text, sent);
    return said === "ERR" ? { refusal: "refused" } : take(said);
  };
  return {
    bytes: ascii(`${sent}\r`),
    rxBytes,
    judge: (received) => scan(received, promptAt, meant),
  };
}

const net = ascii("ESC/VP.net");
const helloBytes = Uint8Array.of(...net, 0x10, 0x03, 0, 0, 0, 0);
/** Of its answers, those that ask for a password or forbid it. */
const forbidden: ReadonlySet<number> = new Set([0x41, 0x43]);

/** ESC/VP.net: 16 bytes each way, with what became of it in the 15th. */
const hello: Question = {
  bytes: helloBytes,
  rxBytes: helloBytes.length,
  judge(received) {
    const known = Math.min(received.length, 12);
    if (textOf(received.subarray(0, known)) !== textOf(helloBytes.subarray(0, known)))
      return { fault: "greeting" };
    if (received.length < helloBytes.length) return { more: helloBytes.length - received.length };
    if (received.length > helloBytes.length) return { fault: "glued" };
    const state = received[14] ?? 0;
    if (state === 0x20) return { answer: { done: true } };
    return { fault: forbidden.has(state) ? "no-password" : "greeting" };
  },
};

export const epson: Protocol = {
  port: 3629,
  usual: { baud: "9600", format: "8N1" },
  ids: null,
  asks: {
    power: { query: "power", raw: whole(0, 9) },
    input: { query: "input", raw: words },
    "av-mute": { query: "av-mute", raw: words },
    volume: { query: "volume", raw: whole(0, 999_999) },
    "lamp-hours": { query: "lamp-hours", raw: whole(0, 999_999) },
    error: { query: "error", raw: words },
  },
  sets: Object.fromEntries(Object.entries(writes).map(([word, { takes }]) => [word, takes])),
  query(word) {
    const { name, read } = commands[word] ?? { name: "PWR", read: power };
    return question(`${name}?`, name.length + 5, (said) =>
      said.startsWith(`${name}=`) ? { values: { [word]: read(said.slice(name.length + 1)) } } : null,
    );
  },
  set(word, raw) {
    const sent = Object.hasOwn(writes, word) ? writes[word]?.command(raw) : null;
    if (sent === null || sent === undefined) return null;
    const asked = question(sent, 1, (said) => (said === "" ? { done: true } : null));
    return word === "power" ? { ...asked, answerMs: powerMs } : asked;
  },
  isOn: (state) => state === 1,
  hello,
};
