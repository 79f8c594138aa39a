/**
 * What can be wrong with a device that is no Modbus slave: a display, a projector, a gateway of air conditioners.
 *
 * Holds: a fault that a device cannot have is refused when it is set, not forgotten.
 */
import { type Drawn, type FaultLimits, HandFaults } from "../fault-list.ts";

/** Its limits are counted in orders. */
export type TalkFault = FaultLimits &
  (
    | /** Hung up: does nothing, says nothing; connections stay. */ { kind: "silent" }
    | /** Does what it is told and says nothing. */ { kind: "mute" }
    | /** Says that it is done and does not do it. */ { kind: "disobedient" }
    | /** Refuses whatever it is told, in the words of its protocol. */ { kind: "nak" }
    | /** The answer begins later by so many ms. */ { kind: "late"; byMs: number }
    | /** The answer ends after so many bytes. */ { kind: "short"; bytes: number }
    | /** The answer's checksum is not that of its bytes. */ { kind: "bad-checksum" }
    | /** So many bits of the answer are the other way round. */ { kind: "corrupt"; flips: number }
    | /** The answer is that of the set with another id. */ { kind: "wrong-id"; id: number }
    | /** Meaningless bytes before and behind the answer. */ {
        kind: "noise";
        before?: number;
        after?: number;
      }
    | /** The answer before comes once more in front of this one. */ { kind: "glued" }
    | /** Closes the connection instead of answering. */ { kind: "hang-up" }
    | /** Somebody has changed the password. */ { kind: "password"; now: string }
  );

export type TalkFaultKind = TalkFault["kind"];

/** Faults that every device can have; the others need an id, a checksum, a password or a way to refuse. */
const common: readonly TalkFaultKind[] = [
  "silent",
  "mute",
  "disobedient",
  "late",
  "short",
  "corrupt",
  "noise",
  "glued",
  "hang-up",
];

/** The faults that act on one order. */
export type TalkActing = Drawn<TalkFault>;

export class TalkFaults extends HandFaults<TalkFault> {
  /** Those that this device can have. */
  readonly kinds: ReadonlySet<TalkFaultKind>;

  /** @param more kinds beside those that every device can have */
  constructor(more: readonly TalkFaultKind[], ...seed: (string | number)[]) {
    super(...seed);
    this.kinds = new Set([...common, ...more]);
  }

  /** Sets a fault; the result takes it back. @throws RangeError when the device cannot have it */
  override add(fault: TalkFault): () => void {
    if (!this.kinds.has(fault.kind)) throw new RangeError(`this device cannot have the fault ${fault.kind}`);
    return super.add(fault);
  }
}
