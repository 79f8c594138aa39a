/** What technicians write about meters, and what they are told when it is wrong. */
import { describe, expect, it } from "vitest";
import type { DltDevice } from "../../../drivers/dlt645/schema.ts";
import { meaningOf } from "../../../edge/cli/vector-meaning.ts";
import { loadModbus as load, told } from "../config/modbus-school.ts";

const dlt = "links: { dlt: { kind: dlt645, device: /dev/ttyS4 } }\n";
const main = (more: string) =>
  `devices:\n  main-1: { profile: dlt645-2007-meter, via: dlt, ${more}, space: 101 }\n`;
const of = (more: string, lang: "zh" | "en" = "en", links = dlt) =>
  told({ "l.yaml": links, "d.yaml": main(more) }, lang);

const planned = (more: string, links = dlt) => {
  const { plan } = load({ "l.yaml": links, "d.yaml": main(more) });
  const [link] = plan?.links ?? [];
  return { settings: link?.settings, device: link?.devices[0] as DltDevice | undefined };
};

describe("a line of meters", () => {
  it("is written as a technician writes it, and has the usual speed where none is said", () => {
    const usual = { device: "/dev/ttyS4", baud: 2400, format: "8E1" };
    const own = "links: { dlt: { kind: dlt645, device: /dev/ttyS4, baud: 600, format: 8N1 } }\n";
    expect(planned("meter: 000021081234, with: { ct: 80 }").settings).toEqual(usual);
    expect(planned("meter: 000021081234, with: { ct: 80 }", own).settings).toEqual({
      ...usual,
      baud: 600,
      format: "8N1",
    });
  });

  it("has no gateway, and a port that stays the same", () => {
    const links = "links:\n  dlt: { kind: dlt645, host: 10.0.0.1, port: 4001, mode: gateway }\n";
    expect(of("meter: 000021081234, with: { ct: 80 }", "en", links)).toEqual([
      "l.yaml:2 the mode of this kind of link is transparent, not gateway; let the serial server pass bytes through and write mode: transparent; there is no gateway for DL/T 645",
    ]);
    const usb = "links:\n  dlt: { kind: dlt645, device: /dev/ttyUSB0 }\n";
    expect(of("meter: 000021081234, with: { ct: 80 }", "zh", usb)).toEqual([
      "l.yaml:2 /dev/ttyUSB0 重启或重插后可能变成另一条线; 写固定名字：campus-edge scan serial 会列出来",
    ]);
  });
});

describe("the number of a meter", () => {
  it("keeps its zeros", () => {
    expect(planned("meter: 000021081234, with: { ct: 80 }").device?.address).toEqual({
      meter: "000021081234",
      padded: false,
    });
    expect(of("meter: 000021081234, with: { ct: 80 }")).toEqual([]);
  });

  it("may be as short as on the nameplate, and is told as it is taken", () => {
    expect(planned("meter: 21081234, with: { ct: 80 }").device?.address.meter).toBe("000021081234");
    expect(of("meter: 21081234, with: { ct: 80 }")).toEqual([
      "d.yaml:2 the number has fewer than 12 digits and is taken as 000021081234, with zeros in front; if that is right, write meter: 000021081234",
    ]);
    expect(of("meter: 21081234, with: { ct: 80 }", "zh")).toEqual([
      "d.yaml:2 表号不足 12 位，按 000021081234 去问（前面补 0）; 没错就写全：meter: 000021081234",
    ]);
  });

  it.each([
    [
      "００００２１０８１２３４",
      "d.yaml:2 “００００２１０８１２３４” 不是表号; 写 000021081234（半角数字，中间不要空格）",
    ],
    ["0000 2108 1234", "d.yaml:2 “0000 2108 1234” 不是表号; 写 000021081234（半角数字，中间不要空格）"],
    [
      "AAAAAAAAAAAA",
      "d.yaml:2 “AAAAAAAAAAAA” 是通配地址，谁都应答，不能当表号; 写铭牌上的 12 位表号（通信地址），例如 000021081234，前面的 0 不要省",
    ],
    [
      "999999999999",
      "d.yaml:2 “999999999999” 是广播地址，没有表会应答; 写铭牌上的 12 位表号（通信地址），例如 000021081234，前面的 0 不要省",
    ],
    [
      "3330001000100021081234",
      "d.yaml:2 “3330001000100021081234” 不是表号; 最多 12 位，这里有 22 位：条形码常比表号长，写铭牌上的“表号”或“通信地址”",
    ],
    [
      "0x15",
      "d.yaml:2 “0x15” 不是表号; 写铭牌上的 12 位表号（通信地址），例如 000021081234，前面的 0 不要省",
    ],
  ])("is not %s", (written, wanted) =>
    expect(of(`meter: "${written}", with: { ct: 80 }`, "zh")).toEqual([wanted]),
  );

  it.each(["表号", "address", "metre"])("is written as meter, not as %s", (key) => {
    expect(of(`${key}: 000021081234, with: { ct: 80 }`)).toEqual([
      `d.yaml:2 "${key}" is not known here; did you mean "meter"?`,
    ]);
  });

  it("is not the number of a display", () => {
    expect(of("number: 000021081234, with: { ct: 80 }")).toEqual([
      'd.yaml:2 "number" belongs to display-serial and means nothing here; write meter here, or check kind',
    ]);
  });

  it("is of one meter", () => {
    const two =
      "devices:\n  main-1: { profile: dlt645-2007-meter, via: dlt, meter: 000021081234, with: { ct: 80 }, space: 101 }\n  main-2: { profile: dlt645-2007-meter, via: dlt, meter: 000021081234, with: { ct: 80 }, space: 101 }\n";
    expect(told({ "l.yaml": dlt, "d.yaml": two }, "zh")).toEqual([
      "d.yaml:3 main-1 和 main-2 写了同一个表号 000021081234; 照各自的铭牌改：一块表一个表号",
    ]);
  });

  it("is missing in words that help, and so is the ratio", () => {
    expect(of("with: { ct: 80 }", "zh")[0]).toContain("铭牌上的 12 位表号（通信地址），前面的 0 不要省");
    expect(of("meter: 000021081234", "zh")[0]).toContain("ct");
  });
});

describe("a number that is expected", () => {
  it.each(["21081234", "000021081234"])("is 12 digits: %s", (serial) => {
    expect(of(`meter: 000021081234, expect: { serial: "${serial}" }, with: { ct: 80 }`)).toEqual([]);
  });

  it("never comes when it is none of a meter", () => {
    expect(of("meter: 000021081234, expect: { serial: SN-17A }, with: { ct: 80 }", "zh")).toEqual([
      "d.yaml:2 表里的编号是 12 位数字，不会是 “SN-17A”; 写铭牌上的 12 位表号；出厂编号可以记在 serial",
    ]);
  });
});

describe("a model of one's own", () => {
  const model = (points: string, more = "") => `profile: own
text: { zh: 自写, en: own }
proof: simulated
driver: dlt645
${more}
points:
${points}
`;
  const own = (points: string, more = "", meter = "") =>
    told(
      {
        "l.yaml": dlt,
        "d.yaml": `devices: { a: { profile: own, via: dlt, meter: 000000000001${meter}, space: 101 } }\n`,
        "profiles/own.yaml": model(points, more),
      },
      "zh",
      { meaning: meaningOf },
    );

  it("is sound with points of every kind", () => {
    expect(
      own(
        '  energy: { di: "0001FF00", format: XXXXXX.XX, item: 1 }\n  power: { di: "02030000", format: XX.XXXX, signed: true, scale: 1000 }',
      ),
    ).toEqual([]);
  });

  it.each([
    [
      'energy: { di: "9010", format: XXXXXX.XX }',
      "“9010” 不是数据标识; 4 位的是 DL/T 645-1997 的标识，本程序只读 2007 版：写 8 位，例如 02010100",
    ],
    ['energy: { di: "00 01 00 00", format: XXXXXX.XX }', "“00 01 00 00” 不是数据标识; 写 00010000"],
    [
      'energy: { di: "0001FF00", format: XXXXXX.XX }',
      "0001FF00 是数据块，没有写取第几项; 加上 item: 1（第一项）等",
    ],
    [
      'energy: { di: "00010000", format: XXXXXX.XX, item: 1 }',
      "00010000 只有一项，不能写 item; 删掉 item；读数据块时标识里有 FF，例如 0201FF00",
    ],
    [
      'energy: { di: "00010000", format: XXXXX.XX }',
      "“XXXXX.XX” 的位数是单数，一个字节有两位; 照标准的表写，例如 XXX.X、XXXXXX.XX（最多 14 位）；编号写 NNNNNNNNNNNN",
    ],
    [
      'energy: { di: "00010000", format: "6.2" }',
      "“6.2” 不是数据格式; 照标准的表写，例如 XXX.X、XXXXXX.XX（最多 14 位）；编号写 NNNNNNNNNNNN",
    ],
    ['energy: { di: "00010000", format: NNNN, signed: true }', "编号没有正负号; 删掉 signed"],
  ])("%s", (point, wanted) => expect(own(`  ${point}`)).toEqual([`profiles/own.yaml:7 ${wanted}`]));

  it("has items of one length in a block", () => {
    expect(
      own(
        '  voltage_a: { di: "0201FF00", format: XXX.X, item: 1 }\n  voltage_b: { di: "0201FF00", format: XXX.XXX, item: 2 }',
      ),
    ).toEqual([
      "d.yaml:1 型号的测点 voltage_a 和 voltage_b 在同一个标识 0201FF00 里，格式的位数却不同; 一个数据块里各项一样长：照标准核对 format",
    ]);
  });

  it("says where a meter shows its number, where one is expected", () => {
    const point = '  energy: { di: "00010000", format: XXXXXX.XX }';
    const expecting = ', expect: { serial: "1" }';
    expect(own(point, "", expecting)).toEqual([
      "d.yaml:1 要核对编号，但型号没有写表里的编号在哪里; 在型号里加上 serial: 04000401；不核对就删掉 expect",
    ]);
    expect(own(point, 'serial: "04000401"', expecting)).toEqual([]);
  });

  it("shows with a vector what it means, and is told what is wrong with the bytes", () => {
    const vector = (asked: string, bytes: string, value = "1234.56") =>
      own(
        '  energy: { di: "00010000", format: XXXXXX.XX }',
        `vectors:\n  - { ${asked}bytes: "${bytes}", expect: { energy: ${value} } }`,
      );
    const good = "68 56 34 12 00 00 00 68 91 08 33 33 34 33 89 67 45 33 3A 16";
    const asked = 'asked: "68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16", ';
    expect(vector("", `FE FE ${good}`)).toEqual([]);
    expect(vector(asked, good)).toEqual([]);
    expect(vector("", good.replace("3A", "3B"))[0]).toContain("bytes 的校验 3B 不对; 这些字节的校验是 3A");
    expect(vector("", good.slice(0, -3))[0]).toContain("bytes 还差 1 个字节");
    expect(vector("", "01 03 02 00 01 79 84")[0]).toContain("bytes 不是一帧 DL/T 645 报文");
    expect(vector(asked.replace("68 56", "68 57").replace("4E", "4F"), good)[0]).toContain(
      "asked 问的是表 000000123457",
    );
    expect(vector(`asked: "${good}", `, good)[0]).toContain("asked 不是读数据的请求");
    expect(vector("", good, "1234.57")[0]).toContain("按这个型号读出来是 1234.56 kWh");
    expect(vector(asked, "68 56 34 12 00 00 00 68 D1 01 35 73 16")[0]).toContain("表里没有这个数据标识");
    expect(vector("", "68 56 34 12 00 00 00 68 91 08 33 33 34 33 89 67 F5 33 EA 16")[0]).toContain(
      "不是 0 到 9 的数字",
    );
  });
});
