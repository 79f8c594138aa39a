/**
 * How cameras like those of five makers answer whoever looks for them. Of Hikvision's order and prefixes, of the types and the
 * repeated id of TP-Link there are public recordings; the rest is made up, so that each trap is there once.
 */
import type { MakerName } from "./makers.ts";
import type { Namespace } from "./namespaces.ts";

export type HeaderPart = "id" | "relation" | "to" | "action" | "sequence";

export interface ProbeManner {
  /** In the order of declaration. */
  prefixes: Readonly<Partial<Record<Namespace, string>>>;
  header: readonly HeaderPart[];
  /** Parts of the header must be understood, it says. */
  isStrict: boolean;
  /** In front of the id of its endpoint. */
  endpoint: "urn:uuid:" | "uuid:";
  types: readonly ("dn:NetworkVideoTransmitter" | "tds:Device")[];
  /** Answers also where nobody asked for transmitters. */
  isOpen: boolean;
  /** `once`: a question that comes again is not answered again; `awake`: the first probe after a while only wakes it. */
  hears: "all" | "once" | "awake";
  /** Its id is that of the question. */
  sameId: boolean;
  /** Says where it was before it was moved, over IPv4. */
  isMoved: boolean;
  /** Between scopes, and between addresses. */
  between: string;
}

const common = {
  header: ["id", "relation", "to", "action"],
  isStrict: false,
  endpoint: "urn:uuid:",
  types: ["dn:NetworkVideoTransmitter", "tds:Device"],
  isOpen: true,
  hears: "all",
  sameId: false,
  isMoved: false,
  between: " ",
} as const satisfies Partial<ProbeManner>;

export const probeManners = {
  hikvision: {
    ...common,
    prefixes: { soap: "env", wsa04: "wsadis", wsdd: "d", dn: "dn", tds: "tds" },
  },
  dahua: {
    ...common,
    prefixes: { soap: "s", wsa04: "a", wsdd: "", tds: "tds", dn: "dn" },
    header: ["action", "relation", "id", "sequence", "to"],
    endpoint: "uuid:",
    isOpen: false,
    isMoved: true,
  },
  axis: {
    ...common,
    prefixes: { soap: "SOAP-ENV", wsa04: "wsa", wsdd: "d", dn: "dn", tds: "tds" },
    header: ["id", "relation", "to", "action", "sequence"],
    isStrict: true,
    between: "\n",
  },
  "tp-link": {
    ...common,
    prefixes: { soap: "SOAP-ENV", wsa04: "wsa", wsdd: "wsdd", dn: "tdn" },
    header: ["id", "relation", "to", "action", "sequence"],
    isStrict: true,
    endpoint: "uuid:",
    types: ["dn:NetworkVideoTransmitter"],
    hears: "once",
    sameId: true,
  },
  bosch: {
    ...common,
    prefixes: { wsdd: "ns1", wsa04: "ns2", tds: "ns3", dn: "ns4", soap: "soapenv" },
    header: ["relation", "action", "id", "to"],
    hears: "awake",
  },
} as const satisfies Record<MakerName, ProbeManner>;
