/**
 * What a camera sends, as a tree. Names are compared without their prefix, which differs from maker to maker.
 *
 * Holds: nothing is made of a text with a DTD or entities of its own, of more than 1 MB, deeper than 64, with more than
 * 20,000 elements or 64 attributes in one; no more than a piece of the text is worked on without letting others go on.
 */
import { SaxesParser } from "saxes";
import { OnvifError } from "./faults.ts";

export const mostBytes = 1_000_000;
const mostDepth = 64;
const mostElements = 20_000;
/** Of one element, and of all together. */
const mostAttributes = 64;
const mostOfAll = 40_000;
/** 64 kB take a small ARM core less than 40 ms. */
const pieceLength = 65_536;

export interface XmlElement {
  /** As it is written, and without its prefix. */
  readonly written: string;
  readonly name: string;
  /** As they are written. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
  readonly parent: XmlElement | null;
}

interface Growing extends XmlElement {
  children: Growing[];
  text: string;
}

export const localName = (written: string): string => written.slice(written.lastIndexOf(":") + 1);

/** All at once. @throws OnvifError: large, dtd, deep, noise */
export function readXml(bytes: Uint8Array): XmlElement {
  const reading = pieces(bytes);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
  }
}

/** The same, with turns for others in between. */
export async function readXmlInTurns(bytes: Uint8Array): Promise<XmlElement> {
  const reading = pieces(bytes);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
    await new Promise(setImmediate);
  }
}

const strict = new TextDecoder("utf-8", { fatal: true });

function* pieces(bytes: Uint8Array): Generator<undefined, XmlElement> {
  const text = textOf(bytes);
  const { parser, root } = grower();
  for (let at = 0; at < text.length; at += pieceLength) {
    if (at > 0) yield undefined;
    parser.write(text.slice(at, at + pieceLength));
  }
  parser.close();
  const found = root();
  if (found === null) throw new OnvifError("noise");
  return found;
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > mostBytes) throw new OnvifError("large");
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch (error) {
    throw new OnvifError("noise", { cause: error });
  }
  // Also where it would do no harm, in a comment: no camera writes one.
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) throw new OnvifError("dtd");
  return text;
}

function grower() {
  // Without namespaces: resolving them takes time that grows with the square of the depth.
  const parser = new SaxesParser({ xmlns: false, position: false });
  let root: Growing | null = null;
  let open: Growing | null = null;
  let attributes = new Map<string, string>();
  let [depth, elements, all] = [0, 0, 0];
  parser.on("error", (error) => {
    throw new OnvifError("noise", { cause: error });
  });
  parser.on("doctype", () => {
    throw new OnvifError("dtd");
  });
  parser.on("opentagstart", () => {
    depth += 1;
    elements += 1;
    attributes = new Map();
    if (depth > mostDepth || elements > mostElements) throw new OnvifError("deep");
  });
  parser.on("attribute", ({ name, value }) => {
    all += 1;
    if (attributes.size >= mostAttributes || all > mostOfAll) throw new OnvifError("deep");
    attributes.set(name, value);
  });
  parser.on("opentag", ({ name: written }) => {
    const element: Growing = {
      ...{ written, name: localName(written), attributes, children: [], text: "", parent: open },
    };
    if (open === null) root = element;
    else open.children.push(element);
    open = element;
  });
  parser.on("closetag", () => {
    depth -= 1;
    open = (open?.parent as Growing | null | undefined) ?? null;
  });
  const said = (text: string) => {
    if (open !== null) open.text += text;
  };
  parser.on("text", said);
  parser.on("cdata", said);
  return { parser, root: () => root as Growing | null };
}

/** The first one of that name, below. */
export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((each) => each.name === name);

export const children = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element?.children.filter((each) => each.name === name) ?? [];

/** Further and further down. */
export const path = (element: XmlElement | undefined, ...names: string[]): XmlElement | undefined =>
  names.reduce((at, name) => child(at, name), element);

/** What it says, without the blanks and line breaks around; undefined: nothing. */
export function said(element: XmlElement | undefined): string | undefined {
  const text = element?.text.trim() ?? "";
  return text === "" ? undefined : text;
}

/** By its name without a prefix. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  for (const [written, value] of element?.attributes ?? []) if (localName(written) === name) return value;
  return undefined;
}

/** All of that name, wherever they are, in the order of the text; `most` of them. */
export function everywhere(element: XmlElement, name: string, most: number): XmlElement[] {
  const found: XmlElement[] = [];
  const look = (at: XmlElement) => {
    if (found.length >= most) return;
    if (at.name === name) found.push(at);
    for (const each of at.children) look(each);
  };
  look(element);
  return found;
}

/** Which namespace a name as it is written belongs to, where it stands. */
export function namespaceOf(element: XmlElement, written: string): string | undefined {
  const [prefix] = written.includes(":") ? written.split(":") : [""];
  const declared = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
  for (let at: XmlElement | null = element; at !== null; at = at.parent) {
    const uri = at.attributes.get(declared);
    if (uri !== undefined) return uri;
  }
  return undefined;
}

const signs: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const mayStand = (sign: string) => (sign >= " " || "\t\n\r".includes(sign)) && !/[\ufffe\uffff]/.test(sign);

/** Text as it may stand in an element or an attribute; what no XML may hold is left out. */
export const escaped = (text: string): string =>
  [...text]
    .filter(mayStand)
    .map((sign) => signs[sign] ?? sign)
    .join("");
