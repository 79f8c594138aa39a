/**
 * What DL/T 645-2007 adds to the configuration files. Pure.
 */
import type { Kind } from "../../config/schema/kind.ts";
import { serialLineName } from "../line/fields.ts";
import { checkMeters } from "./check.ts";
import { describePlace, rawOf, sourceOf } from "./described.ts";
import {
  actionSchema,
  type DltAction,
  type DltAddress,
  type DltDevice,
  type DltLink,
  type DltProfile,
  type DltSource,
  dltAddressSchema,
  dltLinkSchema,
  profileSchema,
  sourceSchema,
} from "./fields.ts";
import type { Way } from "./pace.ts";
import { type DltJob, planDevice } from "./plan.ts";
import { otherPaces, seekMeters } from "./seek.ts";
import { vectorReading } from "./vector.ts";

export * from "./fields.ts";
export type { DltBody, DltJob } from "./plan.ts";
export type { DltSeek } from "./seek.ts";

export const wayOf = (link: DltLink): Way => ("device" in link ? "port" : "network");

const plan = (link: DltLink, devices: readonly DltDevice[]): DltJob[] =>
  devices.flatMap((device) =>
    planDevice(device, { line: serialLineName(link), pace: link, way: wayOf(link) }),
  );

export const dltKind: Kind<DltLink, DltAddress, DltProfile, DltSource, DltAction> = {
  kind: "dlt645",
  driver: "dlt645",
  link: dltLinkSchema,
  address: dltAddressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  line: serialLineName,
  lineOfAll: serialLineName,
  plan,
  check: (link, devices, off) =>
    checkMeters(
      link,
      devices,
      plan(
        link,
        devices.filter(({ id }) => !off.has(id)),
      ),
    ),
  seeks: (link) => seekMeters(link, wayOf(link)),
  otherSettings: otherPaces,
  placeOf: describePlace,
  rawOf,
  sourceOf,
  readVector: vectorReading,
};
