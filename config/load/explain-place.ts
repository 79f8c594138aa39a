/**
 * Which problems are about one device: those at a place where something of it is written.
 */
import type { Problem } from "../schema/plan.ts";
import { type Device, trailOf } from "./device.ts";
import type { Base, Node } from "./node.ts";
import type { SchoolDefaults } from "./point-settings.ts";
import { position, type Source } from "./source.ts";
import type { Scalar } from "./tree.ts";

interface Stretch {
  source: Source;
  from: number;
  to: number;
}

/**
 * Its entry (also the pieces that come from a template and a row), what it hangs on, its profile, the school's
 * defaults. A problem about a whole file is about no device.
 */
export function concerns(device: Device, defaults: SchoolDefaults): (problem: Problem) => boolean {
  const stretches: Stretch[] = [];
  for (const { key, body } of trailOf(device)) collect(key, body, stretches);
  if (device.link !== undefined) collect(device.link.key, device.link.body, stretches);
  if (defaults.body !== undefined) collect(undefined, defaults.body, stretches);
  const profile = device.profile?.key.source.file;
  return ({ file, line, column }) =>
    line > 0 &&
    (file === profile ||
      stretches.some(
        ({ source, from, to }) =>
          source.file === file &&
          !before({ line, column }, position(source, from)) &&
          !before(position(source, to), { line, column }),
      ));
}

/** Key and value apart: what a row says may stand far from the template's key. */
function collect(key: Scalar | undefined, node: Node, into: Stretch[]): void {
  // Of what was made for a row also the words and the values in them.
  for (const piece of node.made?.of ?? []) into.push(stretch(piece));
  if (key !== undefined) into.push(stretch(key));
  if (node.type === "mapping")
    for (const entry of node.entries.values()) collect(entry.key, entry.value, into);
  else into.push(stretch(node));
}

const stretch = ({ source, offset, end }: Base): Stretch => ({ source, from: offset, to: end });

const before = (a: { line: number; column: number }, b: { line: number; column: number }) =>
  a.line < b.line || (a.line === b.line && a.column < b.column);
