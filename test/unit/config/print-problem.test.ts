import { expect, it } from "vitest";
import { printProblem } from "../../../config/load/index.ts";
import type { Problem } from "../../../config/schema/plan.ts";
import { loadFiles } from "./school-folder.ts";

const problem: Problem = {
  code: "x",
  severity: "error",
  file: "rooms.yaml",
  line: 21,
  column: 9,
  what: { zh: "线路不存在", en: "there is no link" },
  fix: { zh: "改成 rs1", en: "write rs1" },
  excerpt: "  线路一: rsl",
};

it("prints place, message, the line with a caret below the sign, and what to do", () => {
  expect(printProblem(problem, "en")).toBe(
    ["rooms.yaml:21:9 error: there is no link", "    线路一: rsl", "             ^", "  → write rs1"].join(
      "\n",
    ),
  );
  expect(printProblem(problem, "zh").split("\n")[0]).toBe("rooms.yaml:21:9 错误: 线路不存在");
});

it("prints no line number for a whole file, no excerpt where there is none, and names the folder", () => {
  const { excerpt: _, ...bare } = problem;
  expect(printProblem({ ...bare, line: 0, column: 0, severity: "warning" }, "en")).toBe(
    "rooms.yaml warning: there is no link\n  → write rs1",
  );
  expect(printProblem({ ...bare, file: "", line: 0 }, "zh")).toMatch(/^（配置文件夹） 错误: /);
});

it("never prints a line with a secret in clear", () => {
  const { problems } = loadFiles({
    "links.yaml": "links: { rs1: { kind: fake-bus, port: x, lock: hunter2 } }\n",
  });
  expect(problems.map((each) => printProblem(each, "en")).join("\n")).toContain(
    "must not be written in clear",
  );
  expect(problems.map((each) => printProblem(each, "en")).join("\n")).not.toContain("hunter2");
});
