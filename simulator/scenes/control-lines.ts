/** What a technician writes down of displays, projectors and air conditioners: their links, and what a device has of its own. Pure. */
import { controlLine } from "./control-line.ts";
import { controlModels } from "./control-models.ts";
import type { PlacedDevice } from "./placed.ts";
import type { ControlWay } from "./scene-model.ts";

const wayOf = ({ model }: PlacedDevice): ControlWay =>
  controlModels[model as keyof typeof controlModels].way as ControlWay;
/** Reached over the serial server. */
const isSerial = (way: ControlWay) => way.endsWith("-serial");

/** Whether any of them needs the serial server. */
export const needsServer = (devices: readonly PlacedDevice[]): boolean =>
  devices.some((device) => device.control !== undefined && isSerial(wayOf(device)));

/** @param ports of what listens, by name @param host of this machine, as it is written in YAML */
export function controlLinks(
  devices: readonly PlacedDevice[],
  host: string,
  ports: ReadonlyMap<string, number>,
): string[] {
  const links = Map.groupBy(
    devices.filter(({ control }) => control !== undefined),
    ({ control }) => control?.link ?? "",
  );
  return [...links].flatMap(([link, [first]]) => {
    const { control } = first ?? {};
    const port = ports.get(control?.port ?? "");
    if (first === undefined || control === undefined || port === undefined) return [];
    const way = wayOf(first);
    const line = [`via: ss1`, `port: ${port}`, `baud: ${controlLine.baud}`, `format: ${controlLine.format}`];
    const own: Record<ControlWay, string[]> = {
      pjlink: [`port: ${port}`, ...(control.password === undefined ? [] : [`password: secret:${first.id}`])],
      "display-tcp": [],
      "display-serial": line,
      "hex-tcp": [`port: ${port}`],
      "hex-serial": line,
      zhonghong: [`host: ${host}`, `port: ${port}`],
      "zhonghong-serial": line,
    };
    const kind = way === "zhonghong-serial" ? "zhonghong" : way;
    return [`  ${link}: { ${[`kind: ${kind}`, ...own[way], "simulated: true"].join(", ")} }`];
  });
}

/** The keys of a device that say where it is. */
export function controlKeys(
  device: PlacedDevice,
  host: string,
  ports: ReadonlyMap<string, number>,
): string[] {
  const { control } = device;
  if (control === undefined) return [];
  const way = wayOf(device);
  const port = ports.get(control.port);
  const isHost = way === "pjlink" || way === "display-tcp" || way === "hex-tcp";
  return [
    `via: ${control.link}`,
    ...(isHost ? [`host: ${host}`] : []),
    // The others say their port at the link.
    ...(way === "display-tcp" && port !== undefined ? [`port: ${port}`] : []),
    ...(control.number === undefined ? [] : [`number: ${control.number}`]),
    ...(control.outdoor === undefined ? [] : [`outdoor: ${control.outdoor}`, `indoor: ${control.indoor}`]),
  ];
}
