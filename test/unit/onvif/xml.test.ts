/** XML of cameras: what is understood, what is refused, and that nothing keeps others waiting. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OnvifError } from "../../../drivers/onvif/faults.ts";
import {
  attribute,
  child,
  escaped,
  namespaceOf,
  path,
  readXml,
  readXmlInTurns,
  said,
} from "../../../drivers/onvif/xml.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const nested = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);

function refusalOf(text: string | Uint8Array): string | null {
  try {
    readXml(typeof text === "string" ? utf8(text) : text);
    return null;
  } catch (error) {
    if (error instanceof OnvifError) return error.word;
    throw error;
  }
}

it("reads elements by their names without prefixes, texts with their entities, and attributes", () => {
  const root = readXml(
    utf8('<s:A xmlns:s="urn:s"><x:B t:token="1" xmlns:x="urn:x">\n a&amp;b<![CDATA[<c>]]> </x:B></s:A>'),
  );
  const found = path(root, "B");
  expect(said(found)).toBe("a&b<c>");
  expect(attribute(found, "token")).toBe("1");
  expect(found === undefined ? "" : namespaceOf(found, found.written)).toBe("urn:x");
  expect(child(root, "C")).toBeUndefined();
});

describe("refuses", () => {
  it.each([
    ["a DTD", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "dtd"],
    ["a DTD in small letters", "<!doctype a><a/>", "dtd"],
    ["an entity that was not declared", "<a>&b;</a>", "noise"],
    ["65 nested tags", nested(65), "deep"],
    ["200,000 nested tags, though the text is too long as well", nested(142_000), "deep"],
    ["more than 20,000 elements", `<a>${"<b/>".repeat(20_000)}</a>`, "deep"],
    [
      "more than 64 attributes",
      `<a ${Array.from({ length: 65 }, (_, n) => `b${n}="1"`).join(" ")}/>`,
      "deep",
    ],
    ["more than 1 MB", `<a>${"x".repeat(1_000_000)}</a>`, "large"],
    ["a tag that is not closed", "<a><b></a>", "noise"],
    ["half of a text", "<a><b>", "noise"],
    ["nothing", "", "noise"],
    ["a text that is none", "Li Lei", "noise"],
    ["two roots", "<a/><b/>", "noise"],
  ])("%s", (_, text, word) => {
    expect(refusalOf(text)).toBe(word);
  });

  it("bytes that are no UTF-8", () => {
    expect(refusalOf(Uint8Array.of(0x3c, 0x61, 0xff, 0x3e))).toBe("noise");
  });
});

it("takes 64 nested tags, 20,000 elements and 64 attributes", () => {
  expect(refusalOf(nested(64))).toBeNull();
  expect(refusalOf(`<a>${"<b/>".repeat(19_999)}</a>`)).toBeNull();
  expect(refusalOf(`<a ${Array.from({ length: 64 }, (_, n) => `b${n}="1"`).join(" ")}/>`)).toBeNull();
});

const mega = (unit: string) => unit.repeat(Math.floor(980_000 / unit.length));
const worst: readonly (readonly [string, string])[] = [
  ["elements", `<a>${mega("<b/>")}</a>`],
  [
    "few elements with many attributes",
    `<a>${`<b ${Array.from({ length: 60 }, (_, n) => `c${n}="1"`).join(" ")}/>`.repeat(600)}</a>`,
  ],
  ["attributes", `<a ${Array.from({ length: 90_000 }, (_, n) => `b${n}="1"`).join(" ")}/>`],
  ["entities", `<a>${mega("&amp;")}</a>`],
  ["a long text", `<a>${mega("x")}</a>`],
  ["a long attribute", `<a b="${mega("&lt;")}"/>`],
  ["a long name", `<${mega("x")}/>`],
  ["a long name of an attribute", `<a ${mega("x")}="1"/>`],
  ["comments", `<a>${mega("<!---->")}</a>`],
  ["one comment", `<a><!--${mega("- ")}--></a>`],
  ["instructions", `<a>${mega("<?b c?>")}</a>`],
  ["sections", `<a>${mega("<![CDATA[]]>")}</a>`],
  ["brackets", `<a>${mega("]]")}</a>`],
  ["nesting", nested(140_000)],
  ["blanks", `<a${mega(" ")}/>`],
];

it.each(worst)("works on 1 MB of %s in turns of less than 200 ms of a processor", async (_, text) => {
  const bytes = utf8(text);
  let longest = 0;
  let before = process.cpuUsage();
  let open = true;
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.cpuUsage();
    if (open) setImmediate(look);
  };
  setImmediate(look);
  await readXmlInTurns(bytes).catch((error: unknown) => {
    if (!(error instanceof OnvifError)) throw error;
  });
  open = false;
  await new Promise(setImmediate);
  expect(longest).toBeLessThan(200);
});

it("makes a tree or says why not of any bytes", () => {
  const markup = fc.constantFrom(
    "<a>",
    "</a>",
    "<b c='",
    "'",
    '"',
    "/>",
    "&lt;",
    "&#0;",
    "<!--",
    "-->",
    "]]>",
    "<?",
    "?>",
    "x",
    " ",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(markup).map((parts) => utf8(parts.join(""))),
      ),
      (bytes) => {
        expect([null, "noise", "dtd", "deep", "large"]).toContain(refusalOf(bytes));
      },
    ),
    { numRuns: 500 },
  );
});

it("gives back any text that it was given escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const root = readXml(utf8(`<a b="${escaped(text)}">${escaped(text)}</a>`));
      // XML has one line end and knows no blanks in attributes but " ".
      const kept = [...text].filter((sign) => escaped(sign) !== "").join("");
      expect(root.text).toBe(kept.replaceAll(/\r\n?/g, "\n"));
    }),
  );
});
