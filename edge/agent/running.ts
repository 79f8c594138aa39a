/**
 * What runs of a plan: its links, its uplinks and the page. Starts them, stops them, and puts another plan in the
 * place of the one that runs.
 *
 * Holds:
 * - what can fail comes first, and is undone when it fails: then the old plan runs, and nothing was closed;
 * - intake, health and alarms go over in one turn, so that no message is judged half by one plan, half by the other;
 * - what is the same in both plans keeps its sockets, its sessions and what it has in flight.
 */
import type { CommandAnswer } from "../../config/schema/command.ts";
import type { LinkPlan, Plan, UplinkPlan } from "../../config/schema/plan.ts";
import type { Comparison } from "./changes.ts";
import type { KeptLink } from "./links.ts";
import type { Page } from "./page.ts";
import type { KeptUplink } from "./uplinks.ts";

export interface RunningParts {
  keepLink(link: LinkPlan): KeptLink;
  keepUplink(uplink: UplinkPlan): KeptUplink;
  keepPage(http: { host: string; port: number }): Page;
  /** A link closes, to be opened again. */
  reopening(link: string): void;
  /** Intake, health and alarms go over to a plan, at once. */
  adopt(plan: Plan): void;
  /** The journal gets other uplinks, or other filters of them. */
  adoptUplinks(uplinks: readonly UplinkPlan[]): void;
}

export class Running {
  plan: Plan;
  page: Page | null = null;
  readonly #parts: RunningParts;
  readonly #links = new Map<string, KeptLink>();
  readonly #uplinks = new Map<string, KeptUplink>();

  constructor(plan: Plan, parts: RunningParts) {
    this.plan = plan;
    this.#parts = parts;
  }

  /** A person has settled it with the platform: an uplink that was stopped sends again. */
  goOn(uplink: string): void {
    this.#uplinks.get(uplink)?.goOn();
  }

  /** What became of a command, to who asked for it: `uplink:ID:KEY`. */
  answer(who: string, answer: CommandAnswer): void {
    const [way, uplink = ""] = who.split(":");
    if (way === "uplink") this.#uplinks.get(uplink)?.answer(answer);
  }

  link(id: string): KeptLink | undefined {
    return this.#links.get(id);
  }

  /** The link that a device hangs on. */
  linkOf(device: string): KeptLink | undefined {
    return [...this.#links.values()].find(({ plan }) => plan.points.has(device));
  }

  startUplinks(uplinks: readonly UplinkPlan[]): void {
    for (const uplink of uplinks) this.#uplinks.set(uplink.id, this.#parts.keepUplink(uplink));
  }

  startLinks(links: readonly LinkPlan[]): void {
    for (const link of links) this.#links.set(link.id, this.#parts.keepLink(link));
  }

  startPage(): void {
    const { status } = this.plan;
    this.page = status === undefined ? null : this.#parts.keepPage(status);
  }

  upkeep(): void {
    for (const uplink of this.#uplinks.values()) uplink.upkeep();
  }

  /** @throws what kept the new plan from running; the old one runs then */
  async switchTo(to: Plan, { links, uplinks, filters, page }: Comparison): Promise<void> {
    const from = this.plan;
    const reopen = await this.#goOver(from, to, links.update);
    const closed = [...links.restart, ...reopen];
    const stopping: Promise<unknown>[] = [];
    // A link that stops refuses from this turn on: nothing that it still holds is judged by the new plan.
    for (const id of [...links.stop, ...closed.map(({ id }) => id)]) {
      stopping.push(this.#links.get(id)?.stop() ?? Promise.resolve());
      this.#links.delete(id);
    }
    for (const { id } of closed) this.#parts.reopening(id);
    for (const link of to.links) this.#links.get(link.id)?.settled(link);
    for (const id of uplinks.stop) {
      stopping.push(this.#uplinks.get(id)?.stop() ?? Promise.resolve());
      this.#uplinks.delete(id);
    }
    for (const uplink of uplinks.restart)
      stopping.push(this.#uplinks.get(uplink.id)?.update(uplink) ?? Promise.resolve());
    if (page) stopping.push(this.page?.stop() ?? Promise.resolve());
    await Promise.all(stopping);

    if (filters) this.#parts.adoptUplinks(to.uplinks);
    for (const kept of [...this.#links.values(), ...this.#uplinks.values()]) kept.kick();
    this.startUplinks(uplinks.start);
    this.startLinks([...closed, ...links.start]);
    if (page) this.startPage();
  }

  /** Drivers, intake and health go over. @returns links whose driver cannot, which are opened anew */
  async #goOver(from: Plan, to: Plan, update: readonly LinkPlan[]): Promise<LinkPlan[]> {
    const reopen: LinkPlan[] = [];
    const told: { kept: KeptLink; before: LinkPlan }[] = [];
    try {
      for (const link of update) {
        const kept = this.#links.get(link.id);
        if (kept === undefined) continue;
        if (!kept.updatable()) {
          reopen.push(link);
          continue;
        }
        const { plan: before } = kept;
        await kept.update(link);
        told.push({ kept, before });
      }
      this.#parts.adopt(to);
      this.plan = to;
    } catch (error) {
      for (const { kept, before } of told) await kept.revert(before);
      this.#parts.adopt(from);
      for (const link of from.links) this.#links.get(link.id)?.settled(link);
      throw error;
    }
    return reopen;
  }

  async stopLinks(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.stop()));
  }

  async stopUplinks(): Promise<void> {
    await Promise.all([...this.#uplinks.values()].map((uplink) => uplink.stop()));
  }

  async stopPage(): Promise<void> {
    await this.page?.stop();
  }
}
