/**
 * What a Zigbee bridge tells about itself and its devices, retained: `bridge/info`, and `bridge/devices` with
 * everything that each device could ever say or be told, which makes some kilobytes of each.
 */
import { mix } from "../seeded.ts";
import type { Json } from "./saying.ts";
import type { ZigbeeDevice } from "./zigbee-device.ts";
import { type Property, type ZigbeeModel, zigbeeModels } from "./zigbee-models.ts";

export const bridgeVersion = "2.1.3";

export function bridgeInfo(base: string): Json {
  return {
    version: bridgeVersion,
    commit: "unknown",
    coordinator: {
      ieee_address: "0x00124b0000000000",
      type: "zStack3x0",
      meta: { maintrel: 1, majorrel: 2, minorrel: 7, product: 1, revision: 20230507, transportrev: 2 },
    },
    network: { channel: 15, extended_pan_id: "0xdddddddddddddddd", pan_id: 6754 },
    log_level: "info",
    permit_join: false,
    restart_required: false,
    config: {
      mqtt: { base_topic: base, keepalive: 60, version: 4 },
      advanced: { cache_state: true, cache_state_send_on_startup: true, last_seen: "disable" },
    },
  };
}

/** @param others devices that the bridge knows beside those that speak here */
export function bridgeDevices(devices: readonly ZigbeeDevice[], others: number, seed: number): Json {
  const known = Object.values<ZigbeeModel>(zigbeeModels);
  return [
    {
      ieee_address: "0x00124b0000000000",
      type: "Coordinator",
      friendly_name: "Coordinator",
      supported: true,
    },
    ...devices.map(({ name, address, model }) => entry(name, address, model)),
    ...Array.from({ length: others }, (_, index) => {
      const hash = mix("other", index, seed);
      const address = `0x00124b01${hash.toString(16).padStart(8, "0")}`;
      const model = known[hash % known.length];
      return model === undefined ? null : entry(`corridor_${index + 1}`, address, model);
    }),
  ];
}

function entry(name: string, address: string, model: ZigbeeModel): Json {
  return {
    date_code: "20230101",
    definition: {
      description: model.description,
      exposes: [
        ...model.properties.map(expose),
        ...(model.power === "Battery" ? batteryProperties : []).map(expose),
        expose({ key: "linkquality", of: () => null, unit: "lqi", label: "Linkquality" }),
      ],
      model: model.model,
      options: model.properties.flatMap(options),
      supports_ota: false,
      vendor: model.vendor,
    },
    disabled: false,
    endpoints: {
      "1": {
        bindings: [],
        clusters: { input: ["genBasic", "genPowerCfg", "genIdentify"], output: ["genOta"] },
        configured_reportings: model.properties.map(({ key }) => ({
          attribute: key,
          cluster: `ms${key}`,
          maximum_report_interval: Math.round(model.maxMs / 1000),
          minimum_report_interval: Math.round(model.minMs / 1000),
          reportable_change: 1,
        })),
        scenes: [],
      },
    },
    friendly_name: name,
    ieee_address: address,
    interview_completed: true,
    interview_state: "SUCCESSFUL",
    interviewing: false,
    manufacturer: model.vendor,
    model_id: model.model,
    network_address: mix(address) % 65_536,
    power_source: model.power,
    supported: true,
    type: model.power === "Battery" ? "EndDevice" : "Router",
  };
}

const batteryProperties: readonly Property[] = [
  { key: "battery", of: () => null, unit: "%", label: "Battery" },
  { key: "voltage", of: () => null, unit: "mV", label: "Voltage" },
];

function expose({ key, unit, label }: Property): Json {
  return {
    access: 1,
    description: `What the device measures or knows as ${label.toLowerCase()}`,
    label,
    name: key,
    property: key,
    type: unit === undefined ? "binary" : "numeric",
    unit,
  };
}

/** What a master may set about a property: how it is rounded, shifted and held back. */
function options({ key, label }: Property): Json[] {
  const numeric = (name: string, description: string) => ({
    access: 2,
    description,
    label: `${label} ${name}`,
    name: `${key}_${name}`,
    property: `${key}_${name}`,
    type: "numeric",
    value_min: 0,
  });
  return [
    numeric(
      "precision",
      `Number of digits after the decimal point for ${key}, takes effect on the next report`,
    ),
    numeric("calibration", `Offset that is added to ${key}, absolute, takes effect on the next report`),
    numeric("debounce", `Seconds for which reports of ${key} are held back and put together into one`),
    numeric(
      "throttle",
      `Least seconds between two messages with ${key}; what comes in between is not published`,
    ),
  ];
}
