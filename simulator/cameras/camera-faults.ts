/** What can be wrong with a camera, or what it can do to whoever asks it. */
import { type Drawn, type FaultLimits, HandFaults } from "../fault-list.ts";
import type { Speaker } from "./device-replies.ts";
import type { Operation } from "./maker.ts";

/** Kinds that there are only where cameras are looked for. */
const ofProbes = ["flood", "wrong-relation", "garbage"] as const;

/** Limits are counted in requests. */
export type CameraFault = FaultLimits & {
  /** Only with these operations; absent: with all, and with what is none. Probes are meant by name alone. */
  on?: readonly (Operation | "Probe")[];
} & (
    | /** Takes the question and says nothing. */ { kind: "silent" }
    | /** The answer comes later, ms. */ { kind: "late"; byMs: number }
    | /** The connection is closed before this byte of the answer, its head counted. */ {
        kind: "cut";
        at: number;
      }
    | /** The document ends after so many of its bytes; HTTP is right. */ { kind: "truncated"; bytes: number }
    | /** One byte after the other, ms between; default 1000. */ { kind: "drip"; everyMs?: number }
    | /** Entities that become gigabytes. */ { kind: "bomb" }
    | /** Entities to be fetched from there. */ { kind: "external-entity"; from: string }
    | /** So many tags inside one another; default 200,000. */ { kind: "nested"; depth?: number }
    | /** A body of so many bytes; default 20 MB. */ { kind: "huge"; bytes?: number }
    | /** A body that never ends. */ { kind: "endless" }
    | /** So many lines in the head; default 200,000. */ { kind: "header-flood"; lines?: number }
    | /** An address of somebody else, such as `http://host:port`, in the answer. */ {
        kind: "foreign";
        base: string;
      }
    | /** Sends whoever asks there. */ { kind: "redirect"; to: string; status?: 301 | 302 | 307 | 308 }
    | /** Whatever login comes, this nonce again, as if it had been somebody else's. */ {
        kind: "same-challenge";
        nonce: string;
      }
    | /** Every nonce is too old. */ { kind: "always-stale" }
    | /** Wants the password itself. */ { kind: "wants-basic" }
    | /** It is another one by its plate. */ { kind: "wrong-serial"; serial: string }
    | { kind: "content-type"; type: string }
    | /** Its Content-Length is wrong by so much. */ { kind: "content-length"; by: number }
    | /** Answers something else. */ { kind: "other-operation"; operation: Operation }
    | /** Answers as another one does. */ { kind: "other-camera"; camera: Speaker }
    | { kind: "soap-fault"; version: "1.1" | "1.2"; side?: "Sender" | "Receiver"; status?: number }
    | { kind: "http"; status: number; body?: string }
    | /** Nobody asked for that; with `bytes` it becomes so many more. */ { kind: "gzip"; bytes?: number }
    | /** Two documents in one body, or two answers to one question. */ {
        kind: "glued";
        what: "documents" | "answers";
      }
    | /** Lengths of chunks: too long, too short, none at all. */ {
        kind: "chunked";
        wrong: "long" | "short" | "nonsense";
      }
    | /** A subscription ends so long after its beginning, whatever was said. */ {
        kind: "dies-early";
        afterMs: number;
      }
    | /** Says that a subscription was renewed, and it was not. */ { kind: "forgets-renewal" }
    | /** To one probe come so many answers, each of another endpoint; default 1000. */ {
        kind: "flood";
        answers?: number;
      }
    | /** The answer to a probe belongs to another question. */ { kind: "wrong-relation"; to: string }
    | /** To a probe come so many bytes that mean nothing; default 200. */ { kind: "garbage"; bytes?: number }
  );

/** What is wrong with one answer. */
export type Acting = Drawn<CameraFault>;
export type CameraFaultKind = CameraFault["kind"];

const isOfProbes = (kind: CameraFaultKind) => ofProbes.some((one) => one === kind);

export class CameraFaults extends HandFaults<CameraFault> {
  /** Draws what is wrong with the answer to this. @param operation null: it is none */
  at(operation: Operation | null): Acting {
    return this.draw(
      ({ kind, on }) =>
        !isOfProbes(kind) && (on === undefined || (operation !== null && on.includes(operation))),
    );
  }

  /** Draws what is wrong with the answer to a probe. */
  atProbe(): Acting {
    return this.draw(({ kind, on }) => isOfProbes(kind) || on?.includes("Probe") === true);
  }
}
