import { describe, expect, it } from "vitest";
import type { z } from "zod";
import {
  isLoopback,
  isOwnName,
  lacksZone,
  listenAddress,
  ownAddress,
  plainAddress,
  withPort,
} from "../../../config/schema/address.ts";
import { type Complaint, endpoint, host } from "../../../config/schema/scalar.ts";

it.each([
  ["FD12:10:0::21", "fd12:10::21"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["::ffff:192.168.1.5", "192.168.1.5"],
  ["::FFFF:c0a8:0105", "192.168.1.5"],
  ["FE80::1%eth0", "fe80::1%eth0"],
  ["192.168.1.5", "192.168.1.5"],
  ["Box.school", "Box.school"],
  ["::ffff:0:1", "0.0.0.1"],
  ["::", "::"],
])("writes %s as %s", (written, plain) => {
  expect(plainAddress(written)).toBe(plain);
  expect(plainAddress(plain)).toBe(plain);
});

it("knows what only this machine can reach, however it is written", () => {
  const own = ["127.0.0.1", "127.9.8.7", "::1", "0::1", "::ffff:127.0.0.1", "localhost", "LocalHost"];
  expect(own.filter((address) => !isLoopback(address))).toEqual([]);
  const others = [
    "128.0.0.1",
    "0.0.0.0",
    "::",
    "::2",
    "fe80::1",
    "::ffff:10.0.0.1",
    "127.0.0.1.cn",
    "127",
    "",
  ];
  expect(others.filter(isLoopback)).toEqual([]);
  expect(["localhost", "127.0.0.1", "::1", "0::1", "127.0.0.2"].filter((name) => !isOwnName(name))).toEqual([
    "127.0.0.2",
  ]);
});

it("listens where this machine has a loopback address", () => {
  expect(isOwnName(ownAddress())).toBe(true);
  expect(listenAddress("LOCALHOST")).toBe(ownAddress());
  expect(listenAddress("fd12::1")).toBe("fd12::1");
});

it("puts only IPv6 into brackets", () => {
  expect(withPort("fd12::1", 80)).toBe("[fd12::1]:80");
  expect(withPort("box", 80)).toBe("box:80");
});

/** What it becomes, or what a technician is told to write. */
function read(schema: z.ZodType, written: string): unknown {
  const { data, error } = schema.safeParse(written);
  const [issue] = error?.issues ?? [];
  if (issue?.code !== "custom") return data;
  const told = issue.params?.complaint as Complaint | undefined;
  return told?.fix.en;
}

describe("an address in the files", () => {
  it("of a device stands without brackets, and is the same however it is written", () => {
    expect(read(host, "fd12:10::21")).toBe("fd12:10::21");
    expect(read(host, "FD12:0010:0::21")).toBe("fd12:10::21");
    expect(read(host, "::ffff:192.168.1.5")).toBe("192.168.1.5");
    expect(read(host, "[fd12:10::21]:502")).toMatch(/write fd12:10::21;/);
  });

  it("to listen at stands in brackets, with its port", () => {
    expect(read(endpoint, "[::1]:8883")).toEqual({ host: "::1", port: 8883 });
    expect(read(endpoint, "[0:0::0]:8883")).toEqual({ host: "::", port: 8883 });
    expect(read(endpoint, "::1:8883")).toMatch(/"\[::1\]:8883"/);
    expect(read(endpoint, "[box]:8883")).toMatch(/for example/);
  });

  it("names its network port where every one of them has such an address", () => {
    expect(read(host, "fe80::21%eth0")).toBe("fe80::21%eth0");
    expect(read(endpoint, "[FE80::1%wlp2s0-AP]:1883")).toEqual({ host: "fe80::1%wlp2s0-AP", port: 1883 });
    expect(read(host, "fe80::21")).toBe("add % and the port's name (see ip link), such as fe80::21%eth0");
    expect(read(endpoint, "[febf::1]:1883")).toMatch(/febf::1%eth0/);
    expect(lacksZone("fec0::1")).toBe(false);
  });
});
