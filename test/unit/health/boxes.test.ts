import { describe, expect, it } from "vitest";
import { airs, lines, said } from "./polled-school.ts";
import type { School } from "./world.ts";

const boxed = () =>
  lines(
    { rs1: airs.slice(0, 4), rs2: airs.slice(4) },
    { via: "ss1", mount: "一楼配电间", settings: { host: "192.168.10.21", port: 4001 } },
  );
const close = (school: School, id: string, code: string, detail = "", nextMs: number | null = null) =>
  school.health.link(id, { what: "closed", code, detail, retry: "later", nextMs });

describe("a port of a serial server", () => {
  it("that refuses us is not told to be without power: box, place, port and the next try are", async () => {
    const school = boxed();
    close(school, "rs1", "line.refused", "the connection was refused (ECONNREFUSED)", 12_000);
    await school.clock.advance(2_000);
    expect(school.states("links")).toEqual({ rs1: "down E120", rs2: "ok" });
    expect(said(school)).toMatch(
      /^E120 rs1 .*拒绝.*\(串口服务器 ss1\): 192\.168\.10\.21:4001, .*对方有电.*→ 看对方网页或菜单里这个口 \(它在一楼配电间\): 端口号对不对, 是不是 TCP Server 模式 \(投影机: 打开网络控制\), .*占着它唯一的连接; 10 秒后自动再试/,
    );
    expect(said(school, "en")).toMatch(
      /is the port number right, is the port in TCP server mode \(of a projector: is network control on\), does another program hold its only connection; tried again in 10 s/,
    );
    expect(said(school)).not.toContain("断电");
    await school.clock.advance(20_000);
    expect(said(school)).not.toContain("再试");
  });

  it("that alone cannot be reached is not told to be without power while others answer", () => {
    const school = boxed();
    close(school, "rs1", "line.timeout");
    expect(school.states("links")).toEqual({ rs1: "down E120", rs2: "ok" });
  });

  it("that cannot be reached, like all the others, is a box without power or network", () => {
    const school = boxed();
    for (const id of ["rs1", "rs2"]) close(school, id, "line.timeout");
    expect(school.reasons.filter((reason) => !reason.endsWith("by rs1"))).toEqual(["E101 rs1"]);
    expect(said(school)).toMatch(/断电或网线松.*→ 看它的电源灯、网口灯: 一楼配电间; .*192\.168\.10\.21/);
    expect(said(school)).not.toContain("4001");
  });

  it("that refuses us, like all the others, is one trouble of a box that is there", () => {
    const school = boxed();
    for (const id of ["rs1", "rs2"]) close(school, id, "line.refused");
    expect(school.reasons.filter((reason) => !reason.endsWith("by rs1"))).toEqual(["E120 rs1"]);
    expect(said(school)).toContain("它带的 2 条线路都这样, 8 台受影响");
    expect(school.status.boxes).toMatchObject([{ id: "ss1", state: "ok" }]);
  });

  it.each([
    ["line.gone", "the other end hung up (ECONNRESET)", "E120"],
    ["line.gone", "the other end hung up", "E120"],
    ["line.gone", "the other end hung up (ETIMEDOUT)", "E101"],
    ["line.gone", "the other end hung up (EHOSTUNREACH)", "E101"],
  ])("that was lost by %s, %s, is %s", (code, detail, row) => {
    const school = lines({ rs1: airs }, { settings: { host: "10.0.0.5", port: 4001 } });
    close(school, "rs1", code, detail);
    expect(school.states("links")).toEqual({ rs1: `down ${row}` });
  });

  it("is a port of this machine where it is one: it was unplugged", () => {
    const school = lines({ rs1: airs }, { settings: { device: "/dev/ttyUSB0" } });
    close(school, "rs1", "line.gone");
    expect(school.states("links")).toEqual({ rs1: "down E107" });
  });
});

describe("a box in the status", () => {
  it("has its place and the links that it carries, and is gone when none of them can be reached", () => {
    const school = boxed();
    expect(school.status.boxes).toEqual([
      { id: "ss1", profile: "p", space: expect.any(String), place: "一楼配电间", state: "ok" },
    ]);
    expect(school.status.links.map(({ via }) => via)).toEqual(["ss1", "ss1"]);
    for (const id of ["rs1", "rs2"]) close(school, id, "line.timeout");
    expect(school.status.boxes).toMatchObject([{ state: "down" }]);
    const viewer = school.health.status({ level: 2, words: false });
    expect(JSON.stringify(viewer.boxes)).not.toContain("配电间");
  });

  it("is not there in a school without boxes", () => {
    expect(lines({ rs1: airs }).status).not.toHaveProperty("boxes");
  });
});
