/**
 * A status without what strangers, devices and technicians wrote: names, addresses, serials, notes and texts.
 * Ids, states, counts, codes and times stay.
 */
import type { Status } from "../../config/schema/status.ts";
import type { Reason } from "../../config/schema/vocabulary.ts";

/** Facts whose text comes from this program, or is the id of a space. */
const ownWords = new Set(["code", "fault", "from", "after"]);

export function withoutWords(status: Status): Status {
  const { contact: _contact, spares: _spares, ...rest } = status;
  return {
    ...rest,
    ...(status.boxes === undefined ? {} : { boxes: status.boxes.map(({ place: _place, ...box }) => box) }),
    links: status.links.map(({ listening: _listening, ...link }) => link),
    devices: status.devices.map(({ why: _why, ...device }) => device),
    reasons: status.reasons.map(reasonWithoutWords),
    strangers: [],
  };
}

/** The same reason; the texts of its row leave out what its facts no longer say. */
export function reasonWithoutWords(reason: Reason): Reason {
  const own = Object.entries(reason.facts).filter(
    ([name, fact]) => typeof fact !== "string" || ownWords.has(name),
  );
  return { ...reason, facts: Object.fromEntries(own) };
}
