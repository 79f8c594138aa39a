/** Everything health remembers: one entry per id of the plan, a ring of strangers, and counts. */
import { withPort } from "../../config/schema/address.ts";
import type { OffDevice, Plan } from "../../config/schema/plan.ts";
import { DeviceHealth } from "./device.ts";
import { GatewayHealth } from "./gateway.ts";
import { HistoryHealth } from "./history.ts";
import { type LinkEnd, LinkHealth } from "./link.ts";
import { Strangers } from "./strangers.ts";
import { Tally } from "./tally.ts";
import { UplinkHealth } from "./uplink.ts";

export class Memory {
  plan: Plan;
  readonly gateway: GatewayHealth;
  readonly history = new HistoryHealth();
  links = new Map<string, LinkHealth>();
  devices = new Map<string, DeviceHealth>();
  off = new Map<string, OffDevice>();
  uplinks = new Map<string, UplinkHealth>();
  /** Some data of this gateway are simulated. */
  simulated = false;
  readonly strangers = new Strangers();
  readonly tally = new Tally();

  constructor(plan: Plan, now: number) {
    this.plan = plan;
    this.gateway = new GatewayHealth(plan.revision, now);
    this.adopt(plan, now);
  }

  /** Takes a new plan: what it names and we know is kept, what it no longer names is forgotten. */
  adopt(plan: Plan, now: number): void {
    const { links, devices, uplinks } = this;
    this.plan = plan;
    this.links = new Map();
    this.devices = new Map();
    this.uplinks = new Map();
    this.off = new Map(plan.off.map((off) => [off.device, off]));
    this.gateway.quotaBytes = plan.buffer.quotaBytes;
    this.simulated = plan.links.some((link) => link.simulated || link.devices.some((d) => d.simulated));
    for (const link of plan.links) {
      const known = links.get(link.id);
      const own = known?.kind === link.kind ? known : new LinkHealth(link.id, link.kind);
      this.links.set(link.id, own);
      own.via = link.via;
      own.end = endOf(link.settings);
      own.place = link.box?.mount ?? link.box?.note;
      own.chain = (link.chain ?? []).map((id) => ({ id, code: plan.spaces.get(id)?.code ?? "" }));
      for (const [id, points] of link.points) {
        const device = link.devices.find((candidate) => candidate.id === id);
        const simulated = link.simulated || points.simulated;
        const health = devices.get(id) ?? new DeviceHealth(points, link.id, device?.via, simulated, now);
        health.adopt(points);
        health.link = link.id;
        health.via = device?.via;
        health.simulated = simulated;
        health.host = hostOf(device?.address);
        this.devices.set(id, health);
      }
    }
    for (const uplink of plan.uplinks) {
      const known = uplinks.get(uplink.id) ?? new UplinkHealth(uplink, now);
      known.plan = uplink;
      this.uplinks.set(uplink.id, known);
    }
  }

  /** The link of a device, also of one that is off; empty when it is not known. */
  linkOf(device: string): string {
    return this.devices.get(device)?.link ?? this.off.get(device)?.link ?? "";
  }
}

function hostOf(address: unknown): string | undefined {
  const { host } = (address ?? {}) as { host?: unknown };
  return typeof host === "string" ? host : undefined;
}

/** Where a link leads, as far as the settings of its kind say so. */
function endOf(settings: unknown): LinkEnd {
  const { device, host, port } = (settings ?? {}) as { device?: unknown; host?: unknown; port?: unknown };
  if (typeof device === "string") return { address: device, local: true };
  if (typeof host !== "string" || typeof port !== "number") return {};
  return { host, address: withPort(host, port) };
}
