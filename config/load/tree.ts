/**
 * A file's YAML as a tree of texts with places: the failsafe schema, so every scalar is text.
 *
 * Bounds: nesting 32, 100,000 nodes after following aliases, no tags, one document.
 * The parser is fed piece by piece, so that a hostile depth is refused before anything recurses.
 */
import { type Alias, Composer, CST, isAlias, isScalar, isSeq, Lexer, type ParsedNode, Parser } from "yaml";
import type { Text } from "../schema/vocabulary.ts";
import type { Findings } from "./findings.ts";
import type { Base, Entry, Mapping, Node, Scalar } from "./node.ts";
import { repairPunctuation } from "./punctuation.ts";
import { scalarTrouble } from "./scalar-trouble.ts";
import { position, type Source } from "./source.ts";
import { blankMissing } from "./syntax-complaint.ts";
import { tellSyntax } from "./syntax-errors.ts";
import { onlyVisible } from "./visible.ts";

export type { Entry, List, Mapping, Node, Scalar } from "./node.ts";

const maxDepth = 32;
const maxSignRun = 200;
const maxNodes = 100_000;

/** Reads one file. null: its syntax is broken (told in `findings`), so what it declares is unknown. */
export function parseTree(source: Source, findings: Findings): Mapping | null {
  let tree: Mapping | null = null;
  try {
    if (onlyVisible(source, findings)) tree = new Reader(source, findings).read();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  if (tree === null) source.unread = true;
  return tree;
}

/** Ends the reading of one file; the reason has been told. */
class Stop extends Error {}

class Reader {
  #source: Source;
  #findings: Findings;
  #original: (offset: number) => number = (offset) => offset;
  #anchors = new Map<string, { node: Node; size: number; depth: number } | null>();
  #nodes = 0;

  constructor(source: Source, findings: Findings) {
    this.#source = source;
    this.#findings = findings;
  }

  read(): Mapping | null {
    const repaired = repairPunctuation(this.#source, this.#findings);
    this.#original = repaired.original;
    const documents = [
      ...new Composer({ schema: "failsafe", uniqueKeys: false, strict: true }).compose(
        this.#tokens(repaired.text),
        false,
      ),
    ];
    const parsed = { source: this.#source, text: repaired.text, original: repaired.original };
    if (tellSyntax(documents, parsed, this.#findings)) return null;
    const [document, second] = documents;
    if (second !== undefined)
      this.#stop(
        "syntax",
        second.range[0],
        {
          zh: "一个文件里只能有一份内容（多了 ---）",
          en: "one file holds one document (there is a second one after ---)",
        },
        { zh: "去掉 ---，或分成两个文件", en: "remove the ---, or make it two files" },
      );
    const root = document?.contents;
    if (root === undefined || root === null || (isScalar(root) && root.value === "")) return this.#empty();
    const node = this.#node(root as ParsedNode, 1).node;
    if (node.type === "mapping") return node;
    return this.#stop(
      "not-a-section",
      node.offset,
      { zh: "文件应当由“名字: 内容”组成", en: "a file is made of `name: content`" },
      { zh: "第一行写 school:、devices: 之类的段名", en: "begin with a section such as school: or devices:" },
    );
  }

  *#tokens(text: string): Generator<CST.Token> {
    const parser = new Parser();
    let run = 0;
    for (const lexeme of new Lexer().lex(text)) {
      // The parser's time grows with the square of signs in a row without a text between them.
      run = lexeme === CST.SCALAR ? 0 : /^(?:[\s#]|$)/.test(lexeme) ? run : run + 1;
      if (run > maxSignRun) this.#tooDeep(parser.offset);
      yield* parser.next(lexeme);
      if (parser.stack.length > maxDepth * 2) this.#tooDeep(parser.offset);
    }
    yield* parser.end();
  }

  #empty(): Mapping {
    return { type: "mapping", entries: new Map(), source: this.#source, offset: 0, end: 0 };
  }

  #node(node: ParsedNode, depth: number): { node: Node; size: number; depth: number } {
    const [from, to] = node.range;
    const base = { source: this.#source, offset: this.#original(from), end: this.#original(to) };
    if (depth > maxDepth) this.#tooDeep(from);
    if (isAlias(node)) return this.#alias(node, depth, from);
    if (node.tag !== undefined && "tag" in node && node.tag !== null) this.#noTag(node, from);
    const anchor = node.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, null);
    const made = this.#made(node, base, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, made);
    return made;
  }

  #made(
    node: Exclude<ParsedNode, Alias.Parsed>,
    base: Base,
    depth: number,
  ): { node: Node; size: number; depth: number } {
    this.#count(1, base.offset);
    if (isScalar(node)) {
      const scalar: Scalar = {
        type: "scalar",
        text: String(node.value),
        plain: node.type === "PLAIN",
        ...base,
      };
      return { node: scalar, size: 1, depth: 0 };
    }
    let size = 1;
    let deepest = 0;
    const child = (inner: ParsedNode): Node => {
      const made = this.#node(inner, depth + 1);
      size += made.size;
      deepest = Math.max(deepest, made.depth + 1);
      return made.node;
    };
    if (isSeq(node)) {
      const items = node.items.map((item) => child(item as ParsedNode));
      return { node: { type: "list", items, ...base }, size, depth: deepest };
    }
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = pair.key as ParsedNode;
      if (!isScalar(key))
        this.#stop(
          "syntax",
          key.range[0],
          { zh: "名字应是一段文字", en: "a name must be a plain text" },
          { zh: "写成 名字: 内容", en: "write name: content" },
        );
      this.#addEntry(entries, key, pair.value as ParsedNode | null, child);
    }
    return { node: { type: "mapping", entries, ...base }, size, depth: deepest };
  }

  #addEntry(
    entries: Map<string, Entry>,
    key: ParsedNode,
    value: ParsedNode | null,
    child: (inner: ParsedNode) => Node,
  ): void {
    const made = child(key);
    if (made.type !== "scalar") return;
    // zod drops this name from what it reads: it would be accepted silently.
    if (made.text === "__proto__")
      this.#stop(
        "syntax",
        key.range[0],
        { zh: "这个名字不能用", en: "this name cannot be used" },
        { zh: "换一个名字", en: "choose another name" },
      );
    const glued = made.plain ? /^([A-Za-z_][A-Za-z0-9_.-]*):(?=[^\s/:])/.exec(made.text) : null;
    if (glued !== null && (value === null || /[{[]/.test(made.text[glued[0].length] ?? ""))) {
      this.#glued(entries, made, glued[1] ?? "");
      return;
    }
    if (value === null) {
      this.#findings.error(
        "no-colon",
        made,
        {
          zh: `“${made.text}” 后面没有冒号和内容；花括号里的逗号会把文字切开`,
          en: `"${made.text}" has no colon and value; a comma inside { } cuts a text in two`,
        },
        {
          zh: '含逗号的文字加英文引号，例如 note: "甲, 乙"',
          en: 'put quotes around a text that holds a comma: note: "a, b"',
        },
      );
      if (entries.has(made.text)) return;
      const nothing: Scalar = { ...made, text: "", offset: made.end };
      this.#findings.silence(made);
      this.#findings.silence(nothing);
      entries.set(made.text, { key: made, value: nothing });
      return;
    }
    const before = entries.get(made.text);
    if (before !== undefined) {
      this.#twice(before.key, made);
      child(value);
      return;
    }
    const content = child(value);
    if (content.type === "scalar") scalarTrouble(made, content, this.#findings);
    entries.set(made.text, { key: made, value: content });
  }

  /** `name:content` without the blank is one text: its name is known, its content is not. */
  #glued(entries: Map<string, Entry>, made: Scalar, name: string): void {
    const colon = { source: made.source, offset: made.offset + name.length };
    this.#findings.error("no-blank", colon, blankMissing.what, blankMissing.fix);
    if (entries.has(name)) return;
    const key: Scalar = { ...made, text: name };
    const nothing: Scalar = { ...made, text: "", offset: colon.offset };
    this.#findings.silence(key);
    this.#findings.silence(nothing);
    entries.set(name, { key, value: nothing });
  }

  #twice(first: Scalar, second: Scalar): void {
    const line = placeText(first);
    this.#findings.error(
      "duplicate-key",
      second,
      {
        zh: `“${second.text}” 写了两次，前一次在 ${line}`,
        en: `"${second.text}" is written twice, first at ${line}`,
      },
      { zh: "删掉一个，或改成别的名字", en: "remove one of them, or give it another name" },
    );
  }

  #alias(node: Alias.Parsed, depth: number, from: number): { node: Node; size: number; depth: number } {
    const target = this.#anchors.get(node.source);
    if (target === undefined || target === null)
      return this.#stop(
        "syntax",
        from,
        {
          zh: `引用 “*${node.source}” 没有对应的 &，或指向自己`,
          en: `the alias "*${node.source}" has no & before it, or names itself`,
        },
        { zh: "直接写出内容", en: "write the content itself" },
      );
    if (depth + target.depth > maxDepth) this.#tooDeep(from);
    this.#count(target.size, this.#original(from));
    return target;
  }

  #count(size: number, offset: number): void {
    this.#nodes += size;
    if (this.#nodes <= maxNodes) return;
    this.#findings.error(
      "too-many-values",
      { source: this.#source, offset },
      {
        zh: `文件里的值超过 ${maxNodes} 个（引用展开后）`,
        en: `the file holds more than ${maxNodes} values (aliases followed)`,
      },
      { zh: "分成几个文件；不要用 & 和 * 层层引用", en: "split it; do not nest & and *" },
    );
    throw new Stop();
  }

  #noTag(node: Exclude<ParsedNode, Alias.Parsed>, from: number): void {
    this.#stop(
      "syntax",
      from,
      { zh: `不用写类型标记 “${node.tag ?? ""}”`, en: `type tags such as "${node.tag ?? ""}" are not used` },
      { zh: "去掉 ! 开头的标记", en: "remove the tag that begins with !" },
    );
  }

  #tooDeep(offset: number): never {
    return this.#stop(
      "too-deep",
      offset,
      { zh: `嵌套超过 ${maxDepth} 层`, en: `nested deeper than ${maxDepth} levels` },
      { zh: "检查括号和缩进", en: "check brackets and indentation" },
    );
  }

  /** @param offset in the repaired text */
  #stop(code: string, offset: number, what: Text, fix: Text): never {
    this.#findings.error(code, { source: this.#source, offset: this.#original(offset) }, what, fix);
    throw new Stop();
  }
}

/** `file:line` of a node, for messages that name a second place; of a template's, with the row that it was made for. */
export function placeText(node: Pick<Base, "source" | "offset" | "layer" | "made">): string {
  const place = `${node.source.file}:${position(node.source, node.offset).line}`;
  return node.layer === "template" && node.made !== undefined ? `${place} (${node.made.row.label})` : place;
}
