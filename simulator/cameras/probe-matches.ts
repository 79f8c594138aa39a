/** What a camera answers to a probe (WS-Discovery of April 2005, 5.3). Pure. */
import { mix } from "../seeded.ts";
import { devicePath } from "./device-replies.ts";
import { namespaces } from "./namespaces.ts";
import { discoveryAction } from "./probe.ts";
import type { HeaderPart, ProbeManner } from "./probe-manners.ts";
import { Writer } from "./write-xml.ts";

export interface Found {
  /** Of the camera, whatever it is called elsewhere: its endpoint is made of it. */
  serial: string;
  scopes: readonly string[];
  /** `http://host:port` of each of its addresses. */
  bases: readonly string[];
}

const nobody = `${namespaces.wsa04}/role/anonymous`;

/**
 * @param relatesTo id of the question
 * @param count which answer of this camera it is
 * @param declaration in front of the document
 */
export function probeMatches(
  manner: ProbeManner,
  { serial, scopes, bases }: Found,
  relatesTo: string,
  count: number,
  declaration: string,
): string {
  const { prefixes, header, types, between } = manner;
  const w = new Writer({ declaration, prefixes });
  const strict = manner.isStrict ? { [w.name("soap:mustUnderstand")]: "true" } : {};
  const parts: Record<HeaderPart, string> = {
    id: w.text("wsa04:MessageID", manner.sameId ? relatesTo : `urn:uuid:${uuidOf("answer", serial, count)}`),
    relation: w.text("wsa04:RelatesTo", relatesTo),
    to: w.tag("wsa04:To", nobody, strict),
    action: w.tag("wsa04:Action", discoveryAction("ProbeMatches"), strict),
    sequence: w.tag("wsdd:AppSequence", "", { InstanceId: "0", MessageNumber: String(count) }),
  };
  const endpoint = w.text("wsa04:Address", `${manner.endpoint}${uuidOf("endpoint", serial)}`);
  const match = w.tag("wsdd:ProbeMatch", [
    w.tag("wsa04:EndpointReference", endpoint),
    w.text("wsdd:Types", types.map((type) => w.name(type)).join(" ")),
    w.text("wsdd:Scopes", scopes.join(between)),
    w.text("wsdd:XAddrs", bases.map((base) => `${base}${devicePath}`).join(between)),
    w.text("wsdd:MetadataVersion", 1),
  ]);
  const said = header.map((part) => parts[part]).join("");
  return w.envelope(said, w.tag("wsdd:ProbeMatches", match), "soap", []);
}

/** The same again for the same. */
function uuidOf(...seed: (string | number)[]): string {
  const hex = [0, 1, 2, 3]
    .map((part) =>
      mix(...seed, part)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...groups, hex.slice(20)].join("-");
}
