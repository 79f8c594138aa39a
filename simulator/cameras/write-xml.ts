/**
 * Writes documents in the manner of one maker: its prefixes, and the order in which it declares them.
 *
 * Holds: pure; texts are escaped; every prefix that is used is declared at the root.
 */
import { type Name, type Namespace, namespaces } from "./namespaces.ts";

export interface Hand {
  /** What stands in front of the envelope. */
  declaration: string;
  /** Prefix of each vocabulary, in the order of declaration; empty: it is the default one. */
  prefixes: Readonly<Partial<Record<Namespace, string>>>;
}

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export class Writer {
  readonly #hand: Hand;

  constructor(hand: Hand) {
    this.#hand = hand;
  }

  /** A name as this maker writes it. */
  name(name: Name): string {
    const [space, local] = name.split(":") as [Namespace, string];
    const prefix = this.#hand.prefixes[space] ?? space;
    return prefix === "" ? local : `${prefix}:${local}`;
  }

  /** @param inside what was written already */
  tag(name: Name, inside: string | readonly string[] = "", attributes: Record<string, string> = {}): string {
    const written = this.name(name);
    const more = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
    const content = typeof inside === "string" ? inside : inside.join("");
    return `<${written}${more.join("")}>${content}</${written}>`;
  }

  text(name: Name, value: string | number | boolean): string {
    return this.tag(name, escaped(String(value)));
  }

  /** @param soap which version of SOAP it is in @param more vocabularies that are declared as well */
  envelope(
    header: string,
    body: string,
    soap: "soap" | "soap11" = "soap",
    more: readonly Namespace[] = ["tt", "ter", "wsa", "wsnt", "rw", "tns1"],
  ): string {
    const { declaration, prefixes } = this.#hand;
    const other = soap === "soap" ? "soap11" : "soap";
    const own = (Object.entries(prefixes) as [Namespace, string][]).filter(([space]) => space !== other);
    const spaces = new Map<Namespace, string>([[soap, prefixes[soap] ?? soap], ...own]);
    for (const space of more) if (!spaces.has(space)) spaces.set(space, space);
    const declared = [...spaces].map(
      ([space, prefix]) => ` xmlns${prefix === "" ? "" : `:${prefix}`}="${namespaces[space]}"`,
    );
    const root = this.name(`${soap}:Envelope`);
    const head = header === "" ? `<${this.name(`${soap}:Header`)}/>` : this.tag(`${soap}:Header`, header);
    return `${declaration}<${root}${declared.join("")}>${head}${this.tag(`${soap}:Body`, body)}</${root}>`;
  }
}
