/**
 * What ZhongHong gateways add to the configuration files. Pure.
 */
import type { Kind } from "../../config/schema/kind.ts";
import { check, checkAction } from "./check.ts";
import {
  actionSchema,
  addressSchema,
  linkSchema,
  profileSchema,
  sourceSchema,
  type ZhonghongAction,
  type ZhonghongAddress,
  type ZhonghongLink,
  type ZhonghongProfile,
  type ZhonghongSource,
} from "./fields.ts";
import { lineOf, plan } from "./plan.ts";
import { readVector } from "./vector.ts";

export const zhonghongKind: Kind<
  ZhonghongLink,
  ZhonghongAddress,
  ZhonghongProfile,
  ZhonghongSource,
  ZhonghongAction
> = {
  driver: "zhonghong",
  kind: "zhonghong",
  link: linkSchema,
  address: addressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  line: lineOf,
  lineOfAll: lineOf,
  plan,
  check: (_link, devices) => check(devices),
  checkAction,
  placeOf: ({ field }) => ({ field }),
  rawOf: () => ({ type: "number", min: 0, max: 255, whole: true }),
  sourceOf: {
    number: {
      zh: "写 field: setpoint、temperature 或 error",
      en: "write field: setpoint, temperature or error",
    },
    boolean: {
      zh: '写 field: power 和 enum: { "0": false, "1": true }',
      en: 'write field: power with enum: { "0": false, "1": true }',
    },
    text: {
      zh: '写 field: mode 或 fan，加上 enum: { "1": cool }',
      en: 'write field: mode or fan with enum: { "1": cool }',
    },
  },
  readVector,
};
