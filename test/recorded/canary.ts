/** Looks for what may not be in a recording, in every way in which a file or the bytes in it may spell it. */
import { bytesOf, readRecording } from "../../config/schema/recording.ts";

const backwards = (text: string) => [...text].reverse().join("");
const pairsBackwards = (hex: string) => (hex.match(/../g) ?? []).reverse().join("");
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A number of 32 bits, or of 24, as readers and their converters spell it. */
export function spellingsOfNumber(value: number, width: 3 | 4 = 4): string[] {
  const hex = value.toString(16).padStart(2 * width, "0");
  const turned = pairsBackwards(hex);
  const decimals = [String(value), String(Number.parseInt(turned, 16))];
  const even = decimals.map((digits) => (digits.length % 2 === 0 ? digits : `0${digits}`));
  const bits = value.toString(2).padStart(8 * width, "0");
  return [...[hex, turned], ...decimals, ...even.map(pairsBackwards), bits].flatMap((text) => [
    text,
    backwards(text),
  ]);
}

export const spellingsOfText = (text: string): string[] => [
  ...[text, backwards(text)],
  ...[text, backwards(text)].map((one) => hexOf(Buffer.from(one))),
  Buffer.from(text).toString("base64").replace(/=+$/, "").slice(0, -1),
];

/** The file as it is, the bytes that it tells as text, and as digits, which has BCD and binary numbers in it. */
function viewsOf(file: string): string[] {
  const { entries } = readRecording(file);
  const ways = ["tx", "rx"].map((way) =>
    Buffer.concat(entries.flatMap((entry) => ("way" in entry && entry.way === way ? [bytesOf(entry)] : []))),
  );
  const payloads = entries.map((entry) => ("way" in entry ? "" : JSON.stringify(entry))).join("\n");
  const bytes = ways.flatMap((all) => [all.toString("latin1"), hexOf(all)]);
  return [file, file.replaceAll(/[\s":,.-]/g, ""), payloads, ...bytes];
}

/** Those of the spellings that are in the file. */
export function found(file: string, spellings: readonly string[]): string[] {
  const views = viewsOf(file).map((view) => view.toLowerCase());
  return spellings.filter((one) => views.some((view) => view.includes(one.toLowerCase())));
}
