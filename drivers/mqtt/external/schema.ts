/**
 * What a broker of the school adds to the configuration files: the same driver as the broker inside, so the same
 * profiles. Pure.
 */
import { withPort } from "../../../config/schema/address.ts";
import type { Kind } from "../../../config/schema/kind.ts";
import {
  actionSchema,
  type MqttAction,
  type MqttProfile,
  type MqttSource,
  profileSchema,
  sourceSchema,
} from "../profile-fields.ts";
import { checkExternal } from "./check.ts";
import {
  type ExternalAddress,
  type ExternalLink,
  externalAddressSchema,
  externalLinkSchema,
} from "./fields.ts";

/** Two with one client id, or as one user with ids of their own making, would take each other's place. */
const lineOfAll = ({ host, port, clientId, user = "" }: ExternalLink) => {
  const who = clientId === undefined ? (user === "" ? "" : ` (user: ${user})`) : ` (clientId: ${clientId})`;
  return `mqtt:${withPort(host, port)}${who}`;
};

export const mqttExternalKind: Kind<ExternalLink, ExternalAddress, MqttProfile, MqttSource, MqttAction> = {
  driver: "mqtt",
  kind: "mqtt-external",
  link: externalLinkSchema,
  address: externalAddressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  carries: ["devices"],
  speaks: true,
  line: lineOfAll,
  lineOfAll,
  plan: () => [],
  check: checkExternal,
};
