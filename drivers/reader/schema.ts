/**
 * What readers of cards and codes add to the configuration files. Pure.
 */
import type { Kind } from "../../config/schema/kind.ts";
import { serialLineName } from "../line/fields.ts";
import { checkReader } from "./check.ts";
import {
  actionSchema,
  addressSchema,
  linkSchema,
  profileSchema,
  type ReaderAction,
  type ReaderAddress,
  type ReaderLink,
  type ReaderProfile,
  type ReaderSource,
  sourceSchema,
} from "./fields.ts";
import { readVector } from "./vector.ts";

const digest = { zh: "读头只给出摘要（文字）", en: "a reader gives a digest, which is a text" };

export const readerKind: Kind<ReaderLink, ReaderAddress, ReaderProfile, ReaderSource, ReaderAction> = {
  driver: "reader",
  kind: "reader",
  link: linkSchema,
  address: addressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  speaks: true,
  line: serialLineName,
  lineOfAll: serialLineName,
  plan: () => [],
  check: checkReader,
  placeOf: (_, { form }) => ({ form }),
  rawOf: () => ({ type: "text" }),
  sourceOf: { number: digest, boolean: digest, text: digest },
  readVector,
};
