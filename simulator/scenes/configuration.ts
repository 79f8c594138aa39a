/**
 * The configuration of a gateway for a simulated school, as a technician would write it: files to be saved as they are.
 */
import { cameraAccount, cameraKeys, cameraLinks } from "./camera-models.ts";
import { controlKeys, controlLinks, needsServer } from "./control-lines.ts";
import { sceneModels, zigbeeBridgeModel } from "./models.ts";
import { boardOf, gateSpace, type PlacedDevice, passwordOf, placedDevices, placedLinks } from "./placed.ts";
import type { SceneModel } from "./scene-model.ts";
import type { SceneFile } from "./scene-schema.ts";

/** Where what is simulated can be reached. */
export interface Reached {
  /** Address of this machine without port and brackets. */
  host: string;
  /** Port of each floor at the serial server. */
  lines: ReadonlyMap<number, number>;
  /** Port of each device that has an address of its own. */
  boxes: ReadonlyMap<string, number>;
  /** Port of each serial link that is no Modbus line; absent: there are none. */
  serial?: ReadonlyMap<string, number>;
  /** Port of each display, line of displays and gateway, by its name in the placed devices; absent: there are none. */
  controls?: ReadonlyMap<string, number>;
  /** Port of each camera, by device; absent: there are none. */
  cameras?: ReadonlyMap<string, number>;
}

export interface GatewayWords {
  /** `host:port` of the gateway's own MQTT server. */
  broker: string;
  /** Of its page; absent: none. */
  status?: string;
  dataFolder: string;
  platform: { url: string; user: string; password: string };
}

/** One file of the folder; secrets are for their owner alone. */
export interface ConfigurationFile {
  name: string;
  text: string;
  isSecret: boolean;
}

/** @returns school.yaml, links.yaml, devices.yaml and the secrets that they name */
export function configurationOf(
  scene: SceneFile,
  reached: Reached,
  words: GatewayWords,
): ConfigurationFile[] {
  const devices = placedDevices(scene);
  const bridge = devices.some(({ via }) => via !== undefined) ? [bridgeOf(scene)] : [];
  const clients = [...bridge, ...devices.filter(({ password }) => password !== undefined)];
  return [
    open(
      "school.yaml",
      schoolLines(
        scene,
        words,
        devices.some(({ space }) => space === gateSpace),
      ),
    ),
    open("links.yaml", [
      ...linkLines(scene, reached, words, clients.length),
      ...controlLinks(devices, quoted(reached.host), reached.controls ?? none),
      ...cameraLinks(reached.cameras ?? none),
    ]),
    open("devices.yaml", [
      "devices:",
      ...boxLines(reached, needsServer(devices)),
      ...bridge.map(bridgeLine),
      ...devices.map((device) => deviceLine(device, reached)),
    ]),
    secret("platform", words.platform.password),
    ...clients.map(({ id, password = "" }) => secret(id, password)),
    ...((reached.cameras ?? none).size === 0
      ? []
      : [secret(cameraAccount.secret, passwordOf(scene.school.seed, cameraAccount.secret))]),
    ...devices.flatMap(({ id, control }) =>
      control?.password === undefined ? [] : [secret(id, control.password)],
    ),
  ];
}

const none: ReadonlyMap<string, number> = new Map();
const open = (name: string, lines: readonly string[]): ConfigurationFile => ({
  name,
  text: `${lines.join("\n")}\n`,
  isSecret: false,
});
const secret = (name: string, text: string): ConfigurationFile => ({
  name: `secrets/${name}`,
  text,
  isSecret: true,
});
/** A text as YAML takes it, whatever is in it. */
const quoted = (text: string) => JSON.stringify(text);

function schoolLines(
  { school, floors, area, height }: SceneFile,
  words: GatewayWords,
  hasGate: boolean,
): string[] {
  const storey = (floor: number) => `F${String(floor).padStart(2, "0")}`;
  return [
    "# 模拟的学校, 不是真的 / a simulated school, not a real one",
    "version: 1",
    "school:",
    `  id: ${quoted(school.id)}`,
    `  gateway: ${school.gateway}`,
    `  name: ${quoted(school.name)}`,
    "  clock: trusted",
    ...(words.status === undefined ? [] : [`  status: { listen: ${quoted(words.status)} }`]),
    "spaces:",
    ...floors.flatMap(({ floor, rooms, use }) => [
      `  - { building: JX1, floor: ${storey(floor)}, rooms: ${rooms[0]}..${rooms.at(-1)}, kind: classroom, area: ${area} m2, height: ${height} m, seats: ${school.pupils} }`,
      ...Object.entries(use).map(
        ([room, kind]) => `  - { building: JX1, floor: ${storey(floor)}, rooms: ${room}, kind: ${kind} }`,
      ),
      `  - { building: JX1, floor: ${storey(floor)}, rooms: ${boardOf(floor)}, kind: distribution }`,
    ]),
    ...(hasGate
      ? [`  - { building: JX1, floor: ${storey(floors[0]?.floor ?? 1)}, rooms: ${gateSpace}, kind: gate }`]
      : []),
    `buffer: { folder: ${quoted(words.dataFolder)}, quota: 1GB, diskFloor: 100MB }`,
    "uplinks:",
    `  province: { kind: mqtt, url: ${quoted(words.platform.url)}, user: ${words.platform.user}, password: secret:platform, accepts: simulated }`,
  ];
}

function linkLines(
  scene: SceneFile,
  { lines, boxes, serial }: Reached,
  words: GatewayWords,
  clients: number,
): string[] {
  const { floors, line } = scene;
  return [
    "links:",
    ...(clients === 0
      ? []
      : [`  broker: { kind: mqtt-broker, listen: ${quoted(words.broker)}, simulated: true }`]),
    ...floors.flatMap(({ floor, rooms }) => {
      const port = lines.get(floor);
      if (port === undefined) return [];
      const chain = `${rooms[0]}..${rooms.at(-1)}`;
      return [
        `  rs${floor}: { kind: modbus-rtu, via: ss1, port: ${port}, baud: ${line.baud}, format: ${line.format}, chain: [${chain}], simulated: true }`,
      ];
    }),
    ...placedLinks(scene).flatMap(({ id, kind, baud, format }) => {
      const port = serial?.get(id);
      if (port === undefined) return [];
      return [
        `  ${id}: { kind: ${kind}, via: ss1, port: ${port}, baud: ${baud}, format: ${format}, simulated: true }`,
      ];
    }),
    ...(boxes.size === 0 ? [] : ["  mbtcp: { kind: modbus-tcp, simulated: true }"]),
  ];
}

function boxLines({ host, lines, serial }: Reached, isNeeded: boolean): string[] {
  return lines.size + (serial?.size ?? 0) === 0 && !isNeeded
    ? []
    : [`  ss1: { profile: serial-server, host: ${quoted(host)}, space: ${boardOf(1)} }`];
}

/** The client that speaks for all Zigbee devices of a school. */
export function bridgeOf({ school, floors }: SceneFile): { id: string; password: string; space: string } {
  const { id } = zigbeeBridgeModel;
  return { id, password: passwordOf(school.seed, id), space: boardOf(floors[0]?.floor ?? 1) };
}

function bridgeLine({ id, space }: { id: string; space: string }): string {
  return `  ${id}: { profile: ${zigbeeBridgeModel.profile}, via: broker, user: ${id}, password: secret:${id}, space: ${space} }`;
}

function deviceLine(device: PlacedDevice, reached: Reached): string {
  const { id, model, space, floor, unit, password, everyMs, via, friendly, link, meter } = device;
  const { profile, ownPace, with: more }: SceneModel = sceneModels[model];
  const port = reached.boxes.get(id);
  const parts = [
    `profile: ${profile}`,
    ...(unit === undefined ? [] : [`via: rs${floor}`, `unit: ${unit}`]),
    ...(link === undefined ? [] : [`via: ${link}`]),
    ...(meter === undefined ? [] : [`meter: ${quoted(meter)}`]),
    ...(port === undefined ? [] : ["via: mbtcp", `host: ${quoted(reached.host)}`, `port: ${port}`]),
    ...(password === undefined ? [] : ["via: broker", `user: ${id}`, `password: secret:${id}`]),
    ...(via === undefined ? [] : [`via: ${via}`]),
    ...cameraKeys(device, quoted(reached.host), reached.cameras ?? none),
    ...controlKeys(device, quoted(reached.host), reached.controls ?? none),
    ...(friendly === undefined ? [] : [`friendly: ${friendly}`]),
    ...(more === undefined
      ? []
      : [
          `with: { ${Object.entries(more)
            .map((pair) => pair.join(": "))
            .join(", ")} }`,
        ]),
    `space: ${space}`,
    ...(ownPace === true ? [] : [`period: ${everyMs / 1000}s`]),
  ];
  return `  ${id}: { ${parts.join(", ")} }`;
}
