/**
 * The payload of one message, read in the ways that its points ask for, each at most once. Pure.
 *
 * What never passes: personal data of level 9 and encoded bytes, in whichever way it is read.
 */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { maxTextLength } from "../../config/schema/vocabulary.ts";
import type { MqttFaultCode } from "./faults.ts";
import { findForbidden, isBlob } from "./forbidden.ts";
import { readJson } from "./json.ts";
import { type Pack, readPack } from "./senml.ts";

export type Json = { document: unknown } | { fault: MqttFaultCode };
export type Whole = { text: string } | { fault: MqttFaultCode };

const none: ReadonlySet<string> = new Set();

function removeMember(document: unknown, name: string): void {
  if (typeof document === "object" && document !== null && Object.hasOwn(document, name))
    Reflect.deleteProperty(document, name);
}

export class Payload {
  readonly #bytes: Uint8Array;
  readonly #exempt: ReadonlySet<string>;
  readonly #ignored: ReadonlySet<string>;
  #json: Json | undefined;
  #pack: Pack | undefined;
  #digest: string | undefined;

  /**
   * @param exempt printed paths whose text will leave as a keyed digest
   * @param ignored members of the document that are taken out before anybody sees them
   */
  constructor(bytes: Uint8Array, exempt: ReadonlySet<string> = none, ignored: ReadonlySet<string> = none) {
    this.#bytes = bytes;
    this.#exempt = exempt;
    this.#ignored = ignored;
  }

  json(): Json {
    this.#json ??= this.#readJson();
    return this.#json;
  }

  #readJson(): Json {
    const read = readJson(this.#bytes);
    if ("fault" in read) return { fault: `mqtt.${read.fault}` };
    for (const name of this.#ignored) removeMember(read.document, name);
    const forbidden = findForbidden(read.document, this.#exempt);
    if (forbidden.deep) return { fault: "mqtt.deep" };
    return forbidden.path === null ? read : { fault: "mqtt.forbidden" };
  }

  senml(): Pack {
    this.#pack ??= this.#readPack();
    return this.#pack;
  }

  #readPack(): Pack {
    const json = this.json();
    return "fault" in json ? json : readPack(json.document);
  }

  /**
   * All of it as one text, without the blanks around it.
   * @param identity it will leave as a keyed digest
   */
  whole(identity: boolean): Whole {
    if (!isUtf8(this.#bytes)) return { fault: "mqtt.encoding" };
    // No character takes more than four bytes; blanks around a text are few.
    if (this.#bytes.length > 4 * maxTextLength + 64) return { fault: "mqtt.forbidden" };
    const text = Buffer.from(this.#bytes)
      .toString("utf8")
      .replace(/^\uFEFF/, "")
      .trim();
    if (text === "") return { fault: "mqtt.empty" };
    return !identity && isBlob(text) ? { fault: "mqtt.forbidden" } : { text };
  }

  /** Hex SHA-256 of the bytes. */
  digest(): string {
    this.#digest ??= createHash("sha256").update(this.#bytes).digest("hex");
    return this.#digest;
  }
}
