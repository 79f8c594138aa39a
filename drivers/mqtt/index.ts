/** The MQTT driver: an embedded broker to which the school's devices connect, and a subscriber at a broker of the school. */
import type { Driver } from "../contract/index.ts";
import type { ExternalAddress, ExternalLink } from "./external/fields.ts";
import { mqttExternalKind } from "./external/schema.ts";
import { ExternalSession } from "./external/session.ts";
import { filtersOf } from "./external/subscriptions.ts";
import {
  type MqttAction,
  type MqttAddress,
  type MqttLink,
  type MqttProfile,
  type MqttSource,
  mqttKind,
} from "./schema.ts";
import { MqttScrubber, secretOf } from "./scrubber.ts";
import { MqttSession } from "./session.ts";

export const mqttDriver: Driver<MqttLink, MqttAddress, MqttProfile, MqttSource, MqttAction> = {
  kind: mqttKind,
  open: (link, devices, context, signal) => MqttSession.open(link, devices, context, signal),
  scrubber: (link, devices, context) => new MqttScrubber(link, devices, context),
};

export const mqttExternalDriver: Driver<ExternalLink, ExternalAddress, MqttProfile, MqttSource, MqttAction> =
  {
    kind: mqttExternalKind,
    open: (link, devices, context, signal) => ExternalSession.open(link, devices, context, signal),
    scrubber: (link, devices, context) =>
      new MqttScrubber(link, devices, context, {
        topicsOf: filtersOf,
        secrets: [link.host, link.user, link.clientId, secretOf(context, link.password?.name)],
      }),
  };
