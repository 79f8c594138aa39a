/**
 * What can be wrong with a slave, and which of that is wrong for one request.
 *
 * Holds: faults add up and act until taken back or used up; the same seed misbehaves in the same way;
 * setting one never touches an answer that is already on its way.
 */
import type { Clock } from "../../config/schema/context.ts";
import { Drawn, type FaultLimits, HandFaults } from "../fault-list.ts";

export interface Limits extends FaultLimits {
  /** Acts only on this function. */
  fc?: number;
}

export type SlaveFault = Limits &
  (
    | /** Off: does nothing, says nothing. */ { kind: "silent" }
    | /** Does what is asked and says nothing. */ { kind: "mute" }
    | /** The answer begins later by so many ms. */ { kind: "late"; byMs: number }
    | /** The answer ends after so many bytes. */ { kind: "short"; bytes: number }
    | /** So many bits of the answer are the other way round, behind the checksum's back. */ {
        kind: "corrupt";
        flips: number;
      }
    | /** Answers, well sealed, as another unit. */ { kind: "wrong-unit"; unit: number }
    | /** Answers, well sealed, with another function. */ {
        kind: "wrong-function";
        fc: number;
        only?: number;
      }
    | /** The byte count of a read says so many more than there are. */ { kind: "wrong-count"; by: number }
    | /** Modbus TCP: another transaction id. */ { kind: "wrong-transaction"; by: number }
    | /** Modbus TCP: another protocol id. */ { kind: "wrong-protocol"; id: number }
    | /** Modbus TCP: the length field says so many more than there are. */ {
        kind: "wrong-length";
        by: number;
      }
    | /** Modbus TCP: closes the connection instead of answering. */ { kind: "hang-up" }
    | /** The request comes back in place of the answer, or in front of it. */ {
        kind: "echo";
        thenAnswer?: boolean;
      }
    | /** Meaningless bytes without a pause before and behind the answer. */ {
        kind: "noise";
        before?: number;
        after?: number;
      }
    | /** Two answers without a pause: this one twice, or the one before and this. */ {
        kind: "glued";
        with?: "same" | "previous";
      }
    | /** Meaningless bytes in place of the answer, until the fault is taken back. */ { kind: "endless" }
    | /** From when it is set: silent, then zeros in every register, then well again. */ {
        kind: "rebooting";
        silentMs: number;
        wrongMs: number;
      }
    | /** An exception of this code in place of doing it. */ { kind: "lying"; code: number }
    | /** A pause of so many ms after each byte. */ { kind: "slow"; gapMs: number }
  );

type Kind = SlaveFault["kind"];
type Of<K extends Kind> = Extract<SlaveFault, { kind: K }>;

/** The faults that act on one request. */
export class Acting extends Drawn<SlaveFault> {
  /** Where a rebooting slave is. */
  readonly reboot: "silent" | "wrong" | null;

  constructor({ all, chance }: Drawn<SlaveFault>, reboot: "silent" | "wrong" | null) {
    super(all, chance);
    this.reboot = reboot;
  }
}

export class FaultList {
  readonly #faults: HandFaults<SlaveFault>;
  /** When each that has stages was set; null: before there was a time. */
  #sinceMs = new Map<SlaveFault, number | null>();
  #clock: Clock | null = null;

  constructor(...seed: (string | number)[]) {
    this.#faults = new HandFaults(...seed);
  }

  /** The time of the line or server that the slave was put on. */
  set clock(clock: Clock) {
    this.#clock = clock;
    for (const [fault, sinceMs] of this.#sinceMs)
      if (sinceMs === null) this.#sinceMs.set(fault, clock.monotonicMs());
  }

  /** Sets a fault; the result takes it back. */
  add(fault: SlaveFault): () => void {
    // The same words set twice are two faults.
    const own = { ...fault };
    if (own.kind === "rebooting") this.#sinceMs.set(own, this.#clock?.monotonicMs() ?? null);
    const remove = this.#faults.add(own);
    return () => {
      this.#sinceMs.delete(own);
      remove();
    };
  }

  clear(): void {
    this.#sinceMs.clear();
    this.#faults.clear();
  }

  has(kind: Kind): boolean {
    return this.#faults.has(kind);
  }

  /** Draws what is wrong for a request of this function, heard at `nowMs`. */
  draw(fc: number, nowMs: number): Acting {
    const drawn = this.#faults.draw((fault) => concerns(fault, fc));
    let reboot: Acting["reboot"] = null;
    for (const fault of drawn.all)
      if (fault.kind === "rebooting")
        reboot = stageOf(fault, nowMs - (this.#sinceMs.get(fault) ?? nowMs)) ?? reboot;
    return new Acting(drawn, reboot);
  }
}

/** `wrong-function` carries its own `fc`, so its limit has another name. */
function concerns(fault: SlaveFault, fc: number): boolean {
  const only = fault.kind === "wrong-function" ? fault.only : fault.fc;
  return only === undefined || only === fc;
}

function stageOf({ silentMs, wrongMs }: Of<"rebooting">, sinceMs: number): Acting["reboot"] {
  if (sinceMs < silentMs) return "silent";
  return sinceMs < silentMs + wrongMs ? "wrong" : null;
}
