/** What a camera is asked for in one turn, and what is made of its answers. */
import type { Value } from "../../config/schema/vocabulary.ts";
import type { Reading } from "../contract/index.ts";
import { identityOf, profilesOf, type Services, uriOf } from "./answers.ts";
import type { Camera, Terms } from "./camera.ts";
import { OnvifError, onvifFault } from "./faults.ts";
import type { OnvifAsk } from "./fields.ts";
import { isHad, pictureSchemes, streamSchemes } from "./place.ts";
import { isIdentity, isMedia, type OnvifBody } from "./plan.ts";
import { getDeviceInformation, getProfiles, getSnapshotUri, getStreamUri, type Request } from "./requests.ts";

/** null: no value where one should be; absent: it does not have this. */
type Values = Partial<Record<OnvifAsk, Value>>;

/** Several words that are asked for together. */
interface Group {
  has(ask: OnvifAsk): boolean;
  values(camera: Camera, asks: ReadonlySet<OnvifAsk>, terms: Terms): Promise<Values>;
}

const groups: readonly Group[] = [
  {
    has: isIdentity,
    values: async (camera, _asks, terms) => ({
      ...identityOf(await camera.ask(getDeviceInformation, null, terms)),
    }),
  },
  { has: isMedia, values: mediaOf },
];

async function mediaOf(camera: Camera, asks: ReadonlySet<OnvifAsk>, terms: Terms): Promise<Values> {
  const services: Services = await camera.services(terms);
  if (services.media === undefined) throw new OnvifError("refused");
  const service = camera.serviceAt(services.media);
  const profiles = profilesOf(await camera.ask(getProfiles, service, terms));
  const values: Values = { profiles: profiles.length };
  const profile = profiles.find(({ video }) => video) ?? profiles[0];
  /** Whether the camera gives an address on its own host; one that cannot be had is no fault of the reading. */
  const had = async (request: (token: string) => Request, schemes: RegExp): Promise<boolean> => {
    if (profile === undefined) return false;
    try {
      const uri = uriOf(await camera.ask(request(profile.token), service, terms));
      return uri !== null && isHad(camera.place, uri, schemes, camera.ownHost);
    } catch (error) {
      if (error instanceof OnvifError && error.word === "refused") return false;
      throw error;
    }
  };
  if (asks.has("stream")) values.stream = await had(getStreamUri, streamSchemes);
  if (asks.has("snapshot")) values.snapshot = await had(getSnapshotUri, pictureSchemes);
  return values;
}

/**
 * Adds what is asked for to a reading that has none of it yet.
 * @param offsetMs of the camera's clock; null: it did not say
 * @throws LineError; the reason of the signal
 */
export async function readAsks(
  camera: Camera,
  asks: OnvifBody["asks"],
  offsetMs: number | null,
  reading: Reading,
  terms: Terms,
): Promise<void> {
  const take = (values: Values, has: (ask: OnvifAsk) => boolean) => {
    for (const { id, ask } of asks) {
      const raw = has(ask) ? values[ask] : undefined;
      if (raw === null) reading.faults.push(onvifFault("value", { point: id }));
      else if (raw !== undefined) reading.samples.push({ point: id, raw });
    }
  };
  take(
    { "clock-offset": offsetMs === null ? null : Math.round(offsetMs) / 1000 },
    (ask) => ask === "clock-offset",
  );
  for (const group of groups) {
    const wanted = asks.filter(({ ask }) => group.has(ask));
    if (wanted.length === 0) continue;
    try {
      take(await group.values(camera, new Set(wanted.map(({ ask }) => ask)), terms), group.has);
    } catch (error) {
      if (!(error instanceof OnvifError)) throw error;
      // What it refuses, or this user may not, is said of its points, and the rest is asked for.
      const isOwn = error.word === "refused" || error.word === "rights" || error.word === "foreign";
      if (!isOwn) {
        reading.faults.push(error.fault);
        return;
      }
      for (const { id } of wanted) reading.faults.push(onvifFault(error.word, { point: id }));
    }
  }
}
