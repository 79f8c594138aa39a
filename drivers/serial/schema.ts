/**
 * What serial sensors add to the configuration files. Pure.
 */
import type { Kind } from "../../config/schema/kind.ts";
import { serialLineName } from "../line/fields.ts";
import { checkSerial } from "./check.ts";
import { describePlace, rawOf, sourceOf } from "./described.ts";
import {
  actionSchema,
  addressSchema,
  linkSchema,
  profileSchema,
  type SerialAction,
  type SerialAddress,
  type SerialProfile,
  type SerialSensorLink,
  type SerialSource,
  sourceSchema,
} from "./fields.ts";
import { planSerial } from "./plan.ts";
import { readVector } from "./vector.ts";

export const serialKind: Kind<SerialSensorLink, SerialAddress, SerialProfile, SerialSource, SerialAction> = {
  driver: "serial",
  kind: "serial",
  link: linkSchema,
  address: addressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  line: serialLineName,
  lineOfAll: serialLineName,
  plan: planSerial,
  check: checkSerial,
  placeOf: describePlace,
  rawOf,
  sourceOf,
  readVector,
};
