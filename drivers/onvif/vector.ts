/**
 * A test vector of a camera model: an answer as it comes, which names what it answers. In a vector our own clock stands
 * at 2024-01-01 00:00 UTC, and the camera is where its addresses say. Pure.
 */
import type { VectorDevice, VectorReading } from "../../config/schema/kind.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import { identityOf, profilesOf, uriOf, utcOf } from "./answers.ts";
import { OnvifError, type OnvifWord, onvifFaults } from "./faults.ts";
import type { OnvifAsk, OnvifProfile, OnvifSource } from "./fields.ts";
import { notificationsOf } from "./notifications.ts";
import { hostNamed, isHad, pictureSchemes, streamSchemes } from "./place.ts";
import { soapOf } from "./soap.ts";
import { EventStates } from "./states.ts";
import { readXml, type XmlElement } from "./xml.ts";

const ourClockMs = Date.UTC(2024, 0, 1);

const noVector = (word: OnvifWord): VectorReading => ({
  samples: [],
  faults: [],
  problem: {
    key: "bytes",
    what: onvifFaults[word].what,
    fix: { zh: "照抓到的应答核对 payload", en: "compare payload with what was captured" },
  },
});

export function onvifVector(
  { points }: VectorDevice<OnvifProfile, OnvifSource>,
  { said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  let answer: XmlElement;
  try {
    const soap = soapOf(readXml(said));
    if (!("answer" in soap)) return noVector("denied" in soap ? "password" : "refused");
    answer = soap.answer;
  } catch (error) {
    if (error instanceof OnvifError) return noVector(error.word);
    throw error;
  }
  const reading: VectorReading = { samples: [], faults: [] };
  const known = new Map(Object.entries(valuesIn(answer)));
  for (const { id, source } of points) {
    const raw = source.ask === undefined ? undefined : known.get(source.ask);
    if (raw !== undefined && raw !== null) reading.samples.push({ point: id, raw });
    else if (raw === null) reading.faults.push({ point: id, what: onvifFaults.value.what });
  }
  const states = new EventStates(points);
  for (const notification of notificationsOf(answer)) states.take(notification);
  for (const { id } of points) {
    const raw = states.valueOf(id);
    if (raw !== undefined) reading.samples.push({ point: id, raw });
  }
  return reading;
}

/** null: it has no value where one should be. */
function valuesIn(answer: XmlElement): Partial<Record<OnvifAsk, Value>> {
  const had = (schemes: RegExp): boolean => {
    const uri = uriOf(answer) ?? "";
    const host = hostNamed(uri);
    return host !== null && isHad({ host, port: 80, scheme: "http" }, uri, schemes, null);
  };
  switch (answer.name) {
    case "GetSystemDateAndTimeResponse": {
      const utc = utcOf(answer);
      return { "clock-offset": utc === null ? null : (utc - ourClockMs) / 1000 };
    }
    case "GetDeviceInformationResponse":
      return { ...identityOf(answer) };
    case "GetProfilesResponse":
      return { profiles: profilesOf(answer).length };
    case "GetStreamUriResponse":
      return { stream: had(streamSchemes) };
    case "GetSnapshotUriResponse":
      return { snapshot: had(pictureSchemes) };
    default:
      return {};
  }
}
