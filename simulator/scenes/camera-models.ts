/** The cameras of a scene, and what a technician writes down of them. Pure. */
import type { MakerName } from "../cameras/makers.ts";
import { mix } from "../seeded.ts";
import type { SceneModel } from "./scene-model.ts";

export const cameraModels = {
  "cam-hikvision": {
    way: "onvif",
    profile: "onvif-camera",
    ownPace: true,
    of: "room",
    text: { zh: "摄像机，像海康威视", en: "Camera like those of Hikvision" },
  },
  "cam-dahua": {
    way: "onvif",
    profile: "onvif-camera",
    ownPace: true,
    of: "room",
    text: { zh: "摄像机，像大华", en: "Camera like those of Dahua" },
  },
  "cam-axis": {
    way: "onvif",
    profile: "onvif-camera",
    ownPace: true,
    of: "room",
    text: { zh: "摄像机，像安讯士", en: "Camera like those of Axis" },
  },
  "cam-tp-link": {
    way: "onvif",
    profile: "onvif-camera",
    ownPace: true,
    of: "room",
    text: {
      zh: "摄像机，像普联，事件在另一个端口",
      en: "Camera like those of TP-Link, events on another port",
    },
  },
  "cam-bosch": {
    way: "onvif",
    profile: "onvif-camera",
    ownPace: true,
    of: "room",
    text: { zh: "摄像机，像博世，时钟差两年", en: "Camera like those of Bosch, its clock two years off" },
  },
} as const satisfies Record<`cam-${MakerName}`, SceneModel>;

export const makerOf = (model: string): MakerName => model.replace(/^cam-/, "") as MakerName;

/** The one account that a technician makes in all cameras of a school: its link, its user, its secret. */
export const cameraAccount = { link: "onvif", user: "edge", secret: "onvif" } as const;

/** On its plate; no two of a school are the same. */
export const plateOf = (seed: number, model: string, id: string): string =>
  `SIM-${makerOf(model).toUpperCase()}-${mix("plate", seed, id).toString(16).toUpperCase().padStart(8, "0")}-${id.toUpperCase()}`;

/** @returns the link of all cameras; none where there is none */
export function cameraLinks(ports: ReadonlyMap<string, number>): string[] {
  const { link, user, secret } = cameraAccount;
  return ports.size === 0
    ? []
    : [`  ${link}: { kind: onvif, user: ${user}, password: secret:${secret}, simulated: true }`];
}

/** The keys of a device that say where it is, and which one. @param host as it is written in YAML */
export function cameraKeys(
  { id, plate }: { id: string; plate?: string },
  host: string,
  ports: ReadonlyMap<string, number>,
): string[] {
  const port = ports.get(id);
  return plate === undefined || port === undefined
    ? []
    : [
        `via: ${cameraAccount.link}`,
        `host: ${host}`,
        `port: ${port}`,
        `expect: { serial: ${JSON.stringify(plate)} }`,
      ];
}
