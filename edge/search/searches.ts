/**
 * Searches for devices that stand in no file, for whoever asks: one at a time.
 *
 * Holds:
 * - it ends when nobody has asked for it for `leaseMs`, and what it had of a line is given back then;
 * - what was asked and does not let go keeps the next search waiting, and nobody else;
 * - a link that cannot be searched costs the others nothing, and is told;
 * - its beginning and its end are in the log, with what and how many were found.
 * Never happens: a search without being asked for; anything sent to who was found by a call.
 */
import { randomBytes } from "node:crypto";
import type { Model } from "../../config/load/index.ts";
import type { Kind } from "../../config/schema/kind.ts";
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import {
  type FoundDevice,
  type SearchPlace,
  type SearchRefusal,
  type SearchTaken,
  type SearchTrouble,
  searchAskSchema,
} from "../../config/schema/search.ts";
import type { Clock, Driver, Log } from "../../drivers/contract/index.ts";
import type { Outcome } from "../../gateway/contract/index.ts";
import { type Hands, type Reserved, searchLine } from "./line-search.ts";

/** Whoever searches asks several times in this time. */
export const leaseMs = 10_000;
const watchMs = 1_000;
const goneMs = 3_000;
/** More are told of by nobody: a flood. */
const mostFound = 2_000;

export interface SearchParts {
  clock: Clock;
  log: Log;
  kinds: readonly Kind[];
  plan(): Pick<Plan, "links" | "folder" | "off">;
  /** Of a driver. */
  models(driver: string): Promise<Model[]>;
  openDriver(kind: string): Promise<Driver>;
  hands(link: LinkPlan): Hands;
}

interface Running {
  id: string;
  what: string;
  askedMs: number;
  at: SearchPlace;
  /** Nobody has taken them yet. */
  found: FoundDevice[];
  troubles: SearchTaken["troubles"];
  count: number;
  ended: SearchTaken["ended"];
  stop: AbortController;
}

const nowhere: SearchPlace = { link: null, asked: 0, of: 0, leftMs: 0, fitting: false };

export class Searches {
  readonly #parts: SearchParts;
  #running: Running | null = null;
  /** Of the last search; null: it has let go of everything. */
  #work: Promise<void> | null = null;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Does what is asked for; shapes of config/schema/search. */
  async ask(asked: unknown): Promise<Outcome> {
    const read = searchAskSchema.safeParse(asked);
    if (!read.success) return refused("bad-request");
    if (read.data.do === "start") return this.#start(read.data.what, read.data.link, read.data.speeds);
    const running = this.#running;
    if (running === null || running.id !== read.data.id) return refused("gone");
    running.askedMs = this.#parts.clock.monotonicMs();
    if (read.data.do === "stop") {
      this.#end(running, "asked");
      await this.#letGo();
    }
    const { at, ended } = running;
    const [found, troubles] = [running.found.splice(0), running.troubles.splice(0)];
    if (ended !== null) this.#running = null;
    return { done: true, body: { v: 1, at, found, troubles, ended } satisfies SearchTaken };
  }

  async close(): Promise<void> {
    if (this.#running !== null) this.#end(this.#running, "left");
    await this.#letGo();
  }

  /** Waits for what is under way, but not for ever. */
  async #letGo(): Promise<void> {
    if (this.#work === null) return;
    const done = new AbortController();
    const late = this.#parts.clock.sleep(goneMs, done.signal).catch(() => {});
    await Promise.race([this.#work, late]);
    done.abort("gone");
  }

  async #start(what: string, link: string | undefined, speeds: boolean): Promise<Outcome> {
    const { clock, log, kinds, plan } = this.#parts;
    const isBusy = () => (this.#running !== null && this.#running.ended === null) || this.#work !== null;
    if (isBusy()) return refused("busy");
    const called = kinds.find(({ kind }) => kind === what);
    const driver = called === undefined ? null : await this.#parts.openDriver(called.kind);
    const lines = plan().links.flatMap((one) => {
      const kind = kinds.find(({ kind }) => kind === one.kind);
      return kind?.driver === what && kind.seeks !== undefined ? [{ link: one, kind }] : [];
    });
    const ids = lines.map(({ link }) => link.id);
    const searchable = kinds.some((kind) => kind.driver === what && kind.seeks !== undefined);
    if (!searchable && driver?.discover === undefined) return refused("cannot");
    const chosen = link === undefined ? lines : lines.filter((line) => line.link.id === link);
    if (searchable && chosen.length === 0) return refused("no-link", ids);
    // Somebody else may have begun while the driver was loaded.
    if (isBusy()) return refused("busy");
    const running: Running = {
      ...{ id: randomBytes(8).toString("hex"), what, askedMs: clock.monotonicMs(), at: nowhere },
      ...{ found: [], troubles: [], count: 0, ended: null, stop: new AbortController() },
    };
    this.#running = running;
    log.info({ what, links: chosen.map((line) => line.link.id), speeds }, "a search begins");
    const work = searchable
      ? this.#searchLines(running, chosen, speeds)
      : this.#call(running, called as Kind, driver as Driver);
    void this.#watch(running);
    const told = work.catch((error: unknown) => this.#trouble(running, null, error));
    this.#work = told.then(() => {
      this.#end(running, "done");
      this.#work = null;
    });
    return { done: true, body: { v: 1, id: running.id } };
  }

  async #searchLines(running: Running, lines: readonly { link: LinkPlan; kind: Kind }[], speeds: boolean) {
    const models = await this.#parts.models(running.what);
    for (const { link, kind } of lines) {
      const listener = {
        found: (device: FoundDevice) => this.#found(running, device),
        at: (place: SearchPlace) => {
          running.at = place;
        },
      };
      try {
        await searchLine(
          { clock: this.#parts.clock, link, reserved: this.#reserved(link.id), kind, models, speeds },
          this.#parts.hands(link),
          listener,
          running.stop.signal,
        );
      } catch (error) {
        if (running.stop.signal.aborted) return;
        this.#trouble(running, link.id, error);
      }
    }
  }

  async #call(running: Running, kind: Kind, driver: Driver): Promise<void> {
    const { clock, log, plan } = this.#parts;
    const { signal } = running.stop;
    try {
      for await (const { address, told, fault } of driver.discover?.({ clock, log }, signal) ?? []) {
        const known = ownerOf(kind, plan().links, (id) => this.#reserved(id), address);
        const found = { link: null, kind: kind.kind, address, told, known, fits: [] };
        this.#found(running, fault === undefined ? found : { ...found, fault: fault.code });
      }
    } catch (error) {
      if (!signal.aborted) this.#trouble(running, null, error);
    }
  }

  /** Addresses of a link whose devices are off. */
  #reserved(link: string): Reserved[] {
    return this.#parts
      .plan()
      .off.flatMap(({ device, link: own, address }) => (own === link ? [{ id: device, address }] : []));
  }

  #found(running: Running, device: FoundDevice): void {
    running.count += 1;
    if (running.count <= mostFound) running.found.push(device);
  }

  #trouble(running: Running, link: string | null, error: unknown): void {
    const { code, fault, message } = (error ?? {}) as Partial<Error> & {
      code?: string;
      fault?: { code: string; detail: string };
    };
    const codes: Record<string, SearchTrouble> = { offline: "offline", busy: "busy" };
    const detail = (fault?.detail ?? message ?? String(error)).slice(0, 200);
    running.troubles.push({
      link,
      code: codes[code ?? ""] ?? (fault === undefined ? "lost" : "cannot-open"),
      detail,
      ...(fault === undefined ? {} : { fault: fault.code }),
    });
    this.#parts.log.warn({ what: running.what, link, detail }, "a link could not be searched");
  }

  #end(running: Running, why: NonNullable<Running["ended"]>): void {
    if (running.ended !== null) return;
    running.ended = why;
    running.stop.abort();
    const { what, count } = running;
    this.#parts.log.info({ what, found: count, why }, "a search has ended");
  }

  /** Ends it when nobody asks any more. */
  async #watch(running: Running): Promise<void> {
    const { clock } = this.#parts;
    while (running.ended === null) {
      await clock.sleep(watchMs, running.stop.signal).catch(() => {});
      if (clock.monotonicMs() - running.askedMs > leaseMs) this.#end(running, "left");
    }
  }
}

const refused = (code: SearchRefusal, links: string[] = []): Outcome => ({
  done: false,
  body: { error: { code, links } },
});

/** The device of the files that is reached where this one answered. */
function ownerOf(
  kind: Kind,
  links: readonly LinkPlan[],
  reserved: (link: string) => Reserved[],
  address: Readonly<Record<string, string | number>>,
): string | null {
  const written = Object.fromEntries(Object.entries(address).map(([key, value]) => [key, String(value)]));
  const parsed = kind.address.safeParse(written);
  if (!parsed.success) return null;
  for (const link of links) {
    if (link.kind !== kind.kind) continue;
    const line = kind.line(link.settings, parsed.data);
    const owner = [...link.devices, ...reserved(link.id)].find(
      (device) => kind.line(link.settings, device.address) === line,
    );
    if (owner !== undefined) return owner.id;
  }
  return null;
}
