import { describe, expect, it } from "vitest";
import { loadFiles, school } from "./school-folder.ts";

describe("the words of a message", () => {
  const languageFix = (written: string) => {
    const { problems } = loadFiles({
      "school.yaml": school.replace("gateway: gw1", `gateway: gw1, language: ${written}`),
    });
    return problems.find(({ code }) => code === "not-a-choice")?.fix.en;
  };

  it("know a language by its other names", () => {
    for (const written of ["cn", "CN", "chinese", "Chinese", "zh-CN", "zh_CN", "中文"])
      expect(languageFix(written), written).toContain('did you mean "zh"?');
    for (const written of ["english", "en-US", "英文"])
      expect(languageFix(written), written).toContain('did you mean "en"?');
    expect(languageFix("french")).toBe("write one of: zh, en");
  });

  it("are right English when there is nothing to choose from", () => {
    const { problems } = loadFiles({
      "school.yaml": school.split("spaces:")[0] ?? "",
      "d.yaml": "devices: { a: { profile: mqtt-air-json, via: b, space: 101 } }\n",
    });
    const fixes = problems.map(({ fix }) => fix.en);
    expect(problems.map(({ what }) => what.en)).toContain("there are no spaces: no room is known");
    expect(fixes).toContain("there are no links and devices yet");
  });

  it("name a text file of configuration also when an editor wrote it in UTF-16", () => {
    const { problems } = loadFiles({
      "设备.txt": Buffer.from("\ufeff#\r\ndevices:\r\n  a: {}\r\n", "utf16le"),
    });
    expect(problems.map(({ code }) => code)).toContain("file-not-read");
  });
});
