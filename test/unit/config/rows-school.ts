/**
 * A school of three floors for rooms from templates: protocols with loose settings and models without any,
 * so that the rows are all that matters.
 */
import { z } from "zod";
import { type LoadOptions, loadPlan } from "../../../config/load/index.ts";
import type { DevicePlan, Kind } from "../../../config/schema/kind.ts";
import type { DevicePoints, LoadResult, Plan } from "../../../config/schema/plan.ts";
import { secret, text } from "../../../config/schema/scalar.ts";
import { folderOf, nowMs } from "./school-folder.ts";

const anything = z.record(z.string(), z.unknown());

const words = text(200).optional();
const address = z.strictObject({ unit: words, host: words, password: secret.optional() });

/** A protocol that takes whatever is written of these. */
const loose = (kind: string): Kind =>
  ({
    driver: "any",
    kind,
    link: anything,
    address,
    profile: z.strictObject({}),
    source: z.strictObject({ register: text(20).optional() }),
    action: anything,
    line: (link: Record<string, unknown>) => `${kind}:${link.port}`,
    plan: () => [],
  }) as unknown as Kind;

const kinds = ["modbus-rtu", "onvif", "pjlink", "hex-tcp"].map(loose);

export const school = `version: 1
school: { id: 2133000001, gateway: gw1, name: 云溪小学 }
spaces:
  - { building: JX1, floor: F01, rooms: 101..108, kind: classroom }
  - { building: JX1, floor: F02, rooms: 201..208, kind: classroom }
  - { building: JX1, floor: F03, rooms: 301..308, kind: classroom }
  - { building: JX1, floor: F01, rooms: [PD, MEN], kind: other }
links:
  rs1: { kind: modbus-rtu, port: 4001 }
  rs2: { kind: modbus-rtu, port: 4002 }
  rs3: { kind: modbus-rtu, port: 4003 }
  onvif: { kind: onvif }
  pjlink: { kind: pjlink }
  panel: { kind: hex-tcp }
`;

const models = [
  "jxct-air-board",
  "chint-ddsu666",
  "chint-dtsu666",
  "ir-gateway-gree",
  "seewo-panel",
  "hitevision-panel",
  "onvif-camera",
  "pjlink-projector",
  "renke-ws-n01",
];
const option = (name: string) => `${name}: { text: { zh: ${name}, en: ${name} }, default: 1 }`;
const profiles = Object.fromEntries(
  models.map((id) => [
    `profiles/${id}.yaml`,
    `profile: ${id}
text: { zh: ${id}, en: ${id} }
proof: simulated
driver: any
options: { ${option("ct")}, ${option("model")} }
points: { temperature: {}, co2: {}, tvoc: { register: $model }, energy: { register: $ct } }
`,
  ]),
);

type Files = Record<string, string | Uint8Array>;

/** Loads these files beside the school and its models; the folder of built-in models is an empty one. */
export const loadRooms = (files: Files, options: LoadOptions = {}): LoadResult =>
  loadPlan(folderOf({ "school.yaml": school, ...profiles, ...files }), kinds, [], {
    env: {},
    nowMs,
    profiles: folderOf({}),
    ...options,
  });

export function planRooms(files: Files, options: LoadOptions = {}): Plan {
  const { plan, problems } = loadRooms(files, options);
  if (plan === null) throw new Error(`no plan: ${told({ plan, problems }).join("\n")}`);
  return plan;
}

export interface Made {
  /** The link that it hangs on. */
  link: string;
  points: DevicePoints;
  plan: DevicePlan;
  /** What its protocol was given. */
  address: Record<string, unknown>;
}

/** Devices of the plan by id; those that are off are not there. */
export const devicesOf = ({ links }: Plan): Map<string, Made> =>
  new Map(
    links.flatMap(({ id: link, devices, points }) =>
      devices.map((plan): [string, Made] => [
        plan.id,
        {
          link,
          plan,
          points: points.get(plan.id) as DevicePoints,
          address: plan.address as Record<string, unknown>,
        },
      ]),
    ),
  );

/** `severity code place: what; fix` of every problem, in one of the two languages. */
export const told = ({ problems }: LoadResult, language: "zh" | "en" = "en"): string[] =>
  problems.map(
    ({ severity, code, file, line, column, what, fix }) =>
      `${severity} ${code} ${file}:${line}:${column}: ${what[language]}; ${fix[language]}`,
  );
