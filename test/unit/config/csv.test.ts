/**
 * Tables of rooms: what spreadsheets write is read as rows, or told at its row and column.
 */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { devicesOf, loadRooms, planRooms, told } from "./rows-school.ts";
import { folderOf, load, school as plainSchool } from "./school-folder.ts";

const runs = Number(process.env.CE_RUNS ?? 100);
const template = `templates:
  classroom:
    params:
      room:  { text: 房间号 }
      n:     { text: 第几间, range: 1..30 }
      line:  { text: 线路, kind: modbus-rtu }
      panel: { text: 大屏型号, default: seewo-panel }
    space: $room
    devices:
      air:   { profile: jxct-air-board, via: $line, unit: $n }
      panel: { profile: $panel, via: panel, host: "fd12:40::$room" }
`;
const byTable = `${template}rooms: { use: classroom, rows: rooms.csv }\n`;
const rows = `${template}rooms:
  use: classroom
  rows:
    - { room: 101, n: 1, line: rs1 }
    - { room: 104, n: 4, line: rs1, devices: { panel: off } }
    - { room: 305, n: 5, line: rs3, panel: hitevision-panel }
    - { room: 307, n: 7, line: rs3, stage: off, why: "装修, 十月装机", until: 2026-10-31 }
`;
const table = `房间号,第几间,线路,大屏型号,去掉,状态,原因,到期
101,1,rs1,,,,,
104,4,rs1,,panel,,,
305,5,rs3,hitevision-panel,,,,
307,7,rs3,,,off,"装修, 十月装机",2026/10/31
`;
/** 装修, 房间 and the like in GBK: only the heading and one reason are not ASCII. */
const gbkOf = (text: string) => {
  const codes = new Map<string, number[]>();
  const decoder = new TextDecoder("gbk");
  for (let high = 0x81; high <= 0xfe; high += 1)
    for (let low = 0x40; low <= 0xfe; low += 1)
      codes.set(decoder.decode(Uint8Array.of(high, low)), [high, low]);
  return Uint8Array.from(
    [...text].flatMap((sign) => (sign < "\x80" ? [sign.charCodeAt(0)] : (codes.get(sign) ?? []))),
  );
};
const planOf = (csv: string | Uint8Array) => planRooms({ "rooms.yaml": byTable, "rooms.csv": csv });
const problems = (csv: string | Uint8Array, yaml = byTable) =>
  told(loadRooms({ "rooms.yaml": yaml, "rooms.csv": csv })).filter((line) => !line.includes("no-uplink"));

describe("a table", () => {
  const expected = planRooms({ "rooms.yaml": rows });

  it("says the same as the rows that it stands for, however a spreadsheet saved it", () => {
    const forms: [string, string | Uint8Array][] = [
      ["UTF-8", table],
      ["with byte order mark and CRLF", `\ufeff${table.replaceAll("\n", "\r\n")}`],
      ["GBK", gbkOf(table.replaceAll("\n", "\r\n"))],
      ["tab", table.replaceAll(/(?<!装修),/g, "\t")],
      ["semicolon", table.replaceAll(/(?<!装修),/g, ";")],
      [
        "all quoted",
        table.replaceAll(
          /("[^"]*"|[^,\n]*)([,\n])/g,
          (_, cell: string, end: string) => `"${cell.replaceAll('"', "")}"${end}`,
        ),
      ],
      [
        "empty lines, a row cut short, no last line end",
        `\n${table.replace("101,1,rs1,,,,,", ",,,\n101,1,rs1").trim()}`,
      ],
      [
        "columns in another order, headings by name",
        'n,room,line,why,stage,until,remove,panel\n1,101,rs1,,,,,\n4,104,rs1,,,,panel,\n5,305,rs3,,,,,hitevision-panel\n7,307,rs3,"装修, 十月装机",off,2026年10月31日,,\n',
      ],
    ];
    for (const [form, csv] of forms) {
      const plan = planOf(csv);
      expect([...devicesOf(plan)], form).toEqual([...devicesOf(expected)]);
      expect(plan.off, form).toEqual(expected.off);
    }
  });

  it("may take several devices away", () => {
    for (const cell of ["air panel", "air;panel", "air、panel", '"air, panel"', "air，panel"])
      expect(devicesOf(planOf(`room,n,line,remove\n101,1,rs1,${cell}\n102,2,rs1,\n`)).size, cell).toBe(2);
  });

  it("counts in the revision, and only while something names it", () => {
    const other = table.replace("104,4", "104,6");
    expect(planOf(other).revision).not.toBe(planOf(table).revision);
    const unnamed = (csv: string) => planRooms({ "rooms.yaml": rows, "rooms.csv": csv }).revision;
    expect(unnamed(other)).toBe(unnamed(table));
  });

  it("keeps quotes, commas and line ends of a quoted cell", () => {
    const { off } = planOf('room,n,line,stage,why\n101,1,rs1,off,"a ""b"", c\nd"\n102,2,rs1,,\n');
    expect(off[0]?.why).toBe('a "b", c\nd');
  });

  it("is told where it is wrong by line and column, with the heading", () => {
    expect(problems("房间号,第几间,线路\r\n101,1,rs1\r\n102,31,rs4\r\n")).toEqual([
      expect.stringMatching(/^error bad-value rooms\.csv:3:5: .*\(column 第几间\)/),
      expect.stringMatching(
        /^error unknown-link rooms\.csv:3:8: .*\(column 线路\); did you mean "rs1" or "rs2" or "rs3"\?$/,
      ),
    ]);
  });

  it("is read no further than 5,000 rows and 100 columns", () => {
    const long = Array.from({ length: 5002 }, (_, n) => `R${n},1,rs1`).join("\n");
    expect(
      problems(`room,n,line\n${long}\n`).filter((line) => /too-many-rows rooms\.csv:5002:/.test(line)),
    ).toHaveLength(1);
    expect(problems(`room,n,line\n101,1,rs1${",".repeat(100_000)}\n`)).toEqual([
      expect.stringMatching(/^error too-many-columns rooms\.csv:2:/),
    ]);
    expect(problems(`room,n,line\n${"101,1,rs1\n".repeat(110_000)}`)).toEqual([
      expect.stringMatching(/^error file-too-large rooms\.csv:0:/),
    ]);
  });

  it("lies in the folder itself: no path, no link and no secret leads anywhere else", () => {
    const outside = folderOf({ "rooms.csv": table });
    const files = {
      "school.yaml": plainSchool,
      "secrets/rooms.csv": "hunter2,x\n",
      "t.yaml": template.replace("kind: modbus-rtu", "default: x"),
    };
    const codes = (use: string, link?: [target: string, name: string]) => {
      const folder = folderOf({ ...files, "rooms.yaml": `rooms: { use: classroom, rows: ${use} }\n` });
      if (link !== undefined) symlinkSync(link[0], join(folder, link[1]));
      const result = load(folder);
      expect(JSON.stringify(result.problems)).not.toContain("hunter2");
      return result.problems.filter(({ severity }) => severity === "error").map(({ code }) => code);
    };
    expect(codes(`${outside}/rooms.csv`)).toEqual(["unknown-table"]);
    expect(codes("../rooms.csv")).toEqual(["unknown-table"]);
    expect(codes("secrets/rooms.csv")).toEqual(["unknown-table"]);
    expect(codes("rooms.csv", [join(outside, "rooms.csv"), "rooms.csv"])).toEqual(["outside-folder"]);
    expect(codes("rooms.csv", ["secrets/rooms.csv", "rooms.csv"])).toEqual(["secret-as-file"]);
    expect(codes("rooms.csv", ["/dev/zero", "rooms.csv"])).toEqual(["outside-folder"]);
  });

  it("shows no word of a column that sounds like a secret", () => {
    for (const heading of ["密码", "password", "口令"]) {
      const text = problems(`room,n,line,${heading}\n101,99,rs1,hunter2\n`).join("\n");
      expect(text, heading).toContain("unknown-heading");
      expect(text, heading).not.toContain("hunter2");
      const shown = JSON.stringify(
        loadRooms({ "rooms.yaml": byTable, "rooms.csv": `room,n,line,${heading}\n101,99,rs1,hunter2\n` }),
      );
      expect(shown, heading).not.toContain("hunter2");
    }
  });
});

describe("what a spreadsheet made of a cell", () => {
  const cell = (n: string) => problems(`room,n,line,why,until\n101,"${n}",rs1,,\n`);

  it("is told in its own words", () => {
    const traps: Record<string, string[]> = {
      "excel-number": ["2.1E+11", "1E+05", "2.10008E+11"],
      "excel-error": ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!"],
      "excel-narrow": ["###", "########"],
      "excel-formula": ["=A1+1", "=1"],
      "excel-date": ["1月2日", "2-Jan", "Jan-26", "2026/1/2", "2026年1月2日"],
      "full-width": ["１２", "１2", "Ａ"],
    };
    for (const [code, values] of Object.entries(traps))
      for (const value of values)
        expect(cell(value), value).toEqual([
          expect.stringMatching(new RegExp(`^error ${code} rooms\\.csv:2:5: `)),
        ]);
  });

  it("is left alone where it is only blanks around, and told once", () => {
    expect(problems("room,n,line\n 101, 1,rs1 \n102 ,2,\u3000rs1\n")).toEqual([
      expect.stringMatching(/^warning blank-around rooms\.csv:2:2: blanks around 5 cells/),
    ]);
  });

  it("is a date in the column of dates, and only there", () => {
    const until = (text: string) =>
      planOf(`room,n,line,stage,why,until\n101,1,rs1,off,装修,${text}\n102,2,rs1,,,\n`).off[0]?.untilMs;
    for (const text of ["2026-10-31", "2026/10/31", "2026年10月31日", "2026.10.31", "2026/10/31 0:00"])
      expect(until(text), text).toBe(Date.UTC(2026, 9, 30, 16));
    expect(until("2026/11/1 8:30")).toBe(Date.UTC(2026, 10, 1, 0, 30));
    for (const [text, code] of [
      ["10月31日", "excel-date"],
      ["46326", "excel-date"],
      ["2026/2/30", "bad-value"],
    ])
      expect(problems(`room,n,line,stage,why,until\n101,1,rs1,off,装修,${text}\n`), text).toEqual([
        expect.stringMatching(new RegExp(`^error ${code} rooms\\.csv:2:18: `)),
      ]);
  });
});

describe("whatever stands in a table", () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 5, unit: "binary" }),
    fc.constantFrom(
      '"',
      ",",
      "\n",
      "\r\n",
      '""',
      "\t",
      ";",
      "，",
      "=1",
      "#N/A",
      "$room",
      "off",
      "\0",
      "\ufeff",
      "房间号",
      "room",
      "__proto__",
      "constructor",
    ),
  );

  it("loading ends, throws nothing, and says where", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: table.length }), fc.nat({ max: 9 }), piece), { maxLength: 5 }),
        (edits) => {
          const csv = edits.reduce(
            (text, [at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop),
            table,
          );
          const result = loadRooms({ "rooms.yaml": byTable, "rooms.csv": csv });
          expect(result.plan === null).toBe(result.problems.some(({ severity }) => severity === "error"));
          for (const { what, fix } of result.problems)
            for (const text of [what.zh, what.en, fix.zh, fix.en]) expect(text).not.toBe("");
        },
      ),
      { numRuns: runs },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(loadRooms({ "rooms.yaml": byTable, "rooms.csv": bytes }).problems.length).toBeGreaterThan(0);
      }),
      { numRuns: runs },
    );
  });

  it("and in the rows and templates beside it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: rows.length }), fc.nat({ max: 9 }), piece), {
          minLength: 1,
          maxLength: 5,
        }),
        (edits) => {
          const yaml = edits.reduce(
            (text, [at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop),
            rows,
          );
          const result = loadRooms({ "rooms.yaml": yaml });
          expect(result.plan === null).toBe(result.problems.some(({ severity }) => severity === "error"));
        },
      ),
      { numRuns: runs },
    );
  });
});
