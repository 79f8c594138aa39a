/**
 * A gateway with its units, from open to close.
 *
 * Holds:
 * - one request in flight; a status is taken for the unit whose numbers it has, and for no other;
 * - what is set is sent once, and done only when the gateway has repeated it: twice where the line gives back what is
 *   sent or nobody knows whether it does; not by what may be the late answer to the same of before;
 * - a gateway from which nothing came for `muteMs` ends the session: a connection does not tell by itself that the box
 *   fell silent;
 * - `ended` settles once, when the port or the socket is free.
 */
import type { Done, DriverContext, Fault, Job, Reading, Session } from "../contract/index.ts";
import { LineError } from "../line/faults.ts";
import type { Exchanged, Line, Verdict } from "../line/line.ts";
import { openLine } from "../line/open-line.ts";
import { openTcp } from "../line/tcp-socket.ts";
import { type ZhonghongFaultCode, zhonghongFault } from "./faults.ts";
import type {
  ZhonghongAction,
  ZhonghongAddress,
  ZhonghongDevice,
  ZhonghongLink,
  ZhonghongProfile,
  ZhonghongSource,
} from "./fields.ts";
import { controlRequest, statusRequest, type Unit } from "./frame.ts";
import { diagnoseControl, diagnoseStatus, judgeControl, judgeStatus } from "./judge.ts";
import { betweenMs, lineOf, silenceMs, type ZhonghongJob } from "./plan.ts";
import { samplesOf } from "./vector.ts";

const muteMs = 60_000;
/** Requests in vain that it takes as well: a line may have little to ask. */
const muteRequests = 3;
/** No answer comes so late. */
const lostMs = 30_000;

type OpenLine = (link: ZhonghongLink, context: DriverContext, signal: AbortSignal) => Promise<Line>;
type Order = Parameters<NonNullable<Session["command"]>>[0];

export class ZhonghongSession
  implements Session<ZhonghongAddress, ZhonghongProfile, ZhonghongSource, ZhonghongAction>
{
  readonly ended: Promise<Fault | null>;
  readonly #link: ZhonghongLink;
  readonly #context: DriverContext;
  readonly #line: Line;
  #devices: ReadonlyMap<string, ZhonghongDevice>;
  /** The last of those that wait for the line. */
  #tail: Promise<unknown> = Promise.resolve();
  /** The line gives back what is sent; null: nobody knows. */
  #echoes: boolean | null;
  /** What was set and not answered, with monotonic ms. */
  readonly #unanswered = new Map<string, number>();
  #mute: { requests: number; since: number };
  #strays = 0;
  #lost: Fault | null = null;

  private constructor(
    link: ZhonghongLink,
    devices: readonly ZhonghongDevice[],
    context: DriverContext,
    line: Line,
  ) {
    this.#link = link;
    this.#context = context;
    this.#line = line;
    this.#devices = byId(devices);
    this.#echoes = link.pace === null ? false : null;
    this.#mute = { requests: 0, since: context.clock.monotonicMs() };
    this.ended = line.ended.then((fault) => fault ?? this.#lost);
  }

  /** @param open for tests alone: another line than a port or a socket */
  static async open(
    link: ZhonghongLink,
    devices: readonly ZhonghongDevice[],
    context: DriverContext,
    signal: AbortSignal,
    open: OpenLine = openGateway,
  ): Promise<ZhonghongSession> {
    return new ZhonghongSession(link, devices, context, await open(link, context, signal));
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  run(job: Job, signal: AbortSignal): Promise<{ reading: Reading }> {
    return this.#inTurn(async () => {
      const { device, body } = job as ZhonghongJob;
      const { unit, answerMs, points } = body;
      const asked = { gateway: this.#link.gateway, unit };
      const isSerial = this.#link.pace !== null;
      const request = statusRequest(asked.gateway, unit);
      const judge = (received: Uint8Array) => judgeStatus(asked, received, isSerial);
      const exchanged = await this.#exchange(request, judge, answerMs, signal);
      const failed = (code: ZhonghongFaultCode) => ({
        reading: { device, samples: [], faults: [zhonghongFault(code, nameOf(unit))] },
      });
      if (!("answer" in exchanged)) return failed(diagnoseStatus(asked, exchanged.received, isSerial));
      const { answer } = exchanged;
      if (isSerial) this.#echoes = answer.isEcho;
      if ("absent" in answer) return failed("zhonghong.absent");
      return { reading: { device, samples: samplesOf(answer.status, points), faults: [] } };
    });
  }

  /** @throws the reason of `signal` */
  command({ device: id, action: name, args }: Order, signal: AbortSignal): Promise<Done> {
    return this.#inTurn(async () => {
      const device = this.#devices.get(id);
      const action =
        device !== undefined && Object.hasOwn(device.actions, name) ? device.actions[name] : undefined;
      if (device === undefined || action === undefined)
        return done("failed", zhonghongFault("zhonghong.no-action"));
      const { address: unit, profile } = device;
      const value = byteOf(
        "arg" in action ? (Object.hasOwn(args, action.arg) ? args[action.arg] : null) : action.value,
      );
      if (value === null) return done("failed", zhonghongFault("zhonghong.unfit", nameOf(unit)));
      const request = controlRequest(this.#link.gateway, unit, action.control, value);
      return this.#set(request, unit, profile.answerMs, signal);
    });
  }

  async #set(request: Uint8Array, unit: Unit, answerMs: number, signal: AbortSignal): Promise<Done> {
    const now = this.#context.clock.monotonicMs();
    const name = request.join();
    const isDoubtful = now - (this.#unanswered.get(name) ?? Number.NEGATIVE_INFINITY) < lostMs;
    const times = this.#echoes === false ? 1 : 2;
    const judge = (received: Uint8Array) => judgeControl(request, received, times);
    for (const [other, at] of this.#unanswered) if (now - at >= lostMs) this.#unanswered.delete(other);
    this.#unanswered.set(name, now);
    const exchanged = await this.#exchange(request, judge, answerMs, signal).catch((error: unknown) => {
      // It may have left before the line was lost.
      if (error instanceof LineError && !signal.aborted) return { lost: error.fault };
      throw error;
    });
    if ("lost" in exchanged) return done("unknown", exchanged.lost);
    if (!("answer" in exchanged)) {
      const isSent = exchanged.fault !== "restless";
      const code = isSent ? diagnoseControl(request, exchanged.received) : "zhonghong.noise";
      if (!isSent) this.#unanswered.delete(name);
      return done(isSent ? "unknown" : "failed", zhonghongFault(code, nameOf(unit)));
    }
    if (isDoubtful) return done("unknown", zhonghongFault("zhonghong.late", nameOf(unit)));
    this.#unanswered.delete(name);
    return done("done");
  }

  /** What each of them may be told. */
  async update(devices: readonly ZhonghongDevice[]): Promise<void> {
    this.#devices = byId(devices);
  }

  async close(): Promise<void> {
    await this.#line.close();
    await this.ended;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => {});
    return turn;
  }

  async #exchange<A>(
    request: Uint8Array,
    judge: (received: Uint8Array) => Verdict<A, never>,
    answerMs: number,
    signal: AbortSignal,
  ): Promise<Exchanged<A, never>> {
    const limits = { firstMs: answerMs, betweenMs: betweenMs(this.#link) };
    const exchanged = await this.#line.exchange(request, judge, limits, signal);
    this.#heard("answer" in exchanged || exchanged.received.length > 0);
    return exchanged;
  }

  /** Counts requests in vain; a gateway that says nothing at all for long is let go of. */
  #heard(something: boolean): void {
    const now = this.#context.clock.monotonicMs();
    const { strays } = this.#line;
    if (something || strays > this.#strays) {
      this.#strays = strays;
      this.#mute = { requests: 0, since: now };
      return;
    }
    this.#mute.requests += 1;
    if (this.#mute.requests < muteRequests || now - this.#mute.since < muteMs || this.#lost !== null) return;
    this.#lost = zhonghongFault("zhonghong.mute");
    void this.#line.close();
  }
}

const byId = (devices: readonly ZhonghongDevice[]) => new Map(devices.map((device) => [device.id, device]));

const nameOf = ({ outdoor, indoor }: Unit) => `${outdoor}-${indoor}`;

const done = (state: Done["state"], fault?: Fault): Done => ({
  state,
  readBack: [],
  ...(fault === undefined ? {} : { fault }),
});

/** null: it is no whole number from 0 to 255. */
function byteOf(raw: unknown): number | null {
  const value = typeof raw === "boolean" ? Number(raw) : raw;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255 ? value : null;
}

const openGateway: OpenLine = (link, context, signal) => {
  const { end, pace } = link;
  if (pace !== null) return openLine({ ...end, ...pace }, silenceMs(pace), context, signal);
  const name = lineOf(link);
  const trace = (way: "tx" | "rx", bytes: Uint8Array) => context.trace(name, way, bytes);
  const { host, port } = end as { host: string; port: number };
  return openTcp({ host, port, timing: null, clock: context.clock, trace }, signal);
};
