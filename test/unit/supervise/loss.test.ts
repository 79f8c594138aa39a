import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lossOf } from "../../../edge/supervise/loss.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";

const loss = (cause: unknown) => lossOf(cause, "lost");

describe("why something was lost", () => {
  it("is what an uplink's error says", () => {
    expect(loss(new UplinkError("bad-credential", "never", "x"))).toEqual({
      code: "bad-credential",
      retry: "never",
    });
  });

  it("is the fault of a driver's error, not its own code", () => {
    const error = Object.assign(new Error("x"), {
      code: "EACCES",
      fault: { code: "port-denied", layer: "port", retry: "never", detail: "" },
    });
    expect(loss(error)).toEqual({ code: "port-denied", retry: "never" });
  });

  it("is a fault that came without an error", () => {
    expect(loss({ code: "port-gone", layer: "port", retry: "later", detail: "" })).toEqual({
      code: "port-gone",
      retry: "later",
    });
  });

  it("is a system error's code, tried again later", () => {
    expect(loss(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))).toEqual({
      code: "ECONNREFUSED",
      retry: "later",
    });
  });

  it("is found below added context, where the one that decides about trying again wins", () => {
    const inner = new UplinkError("bad-credential", "never", "x");
    expect(loss(new Error("opening province", { cause: inner }))).toEqual({
      code: "bad-credential",
      retry: "never",
    });
    const coded = Object.assign(new Error("x", { cause: inner }), { code: "EPIPE" });
    expect(loss(coded)).toEqual({ code: "bad-credential", retry: "never" });
  });

  it("is unnamed for nothing, and for what looks like a message", () => {
    expect(loss(null)).toEqual({ code: "lost", retry: "later" });
    expect(loss(new DOMException("x", "AbortError"))).toEqual({ code: "lost", retry: "later" });
    expect(loss({ code: "password 1234 refused", retry: "never" })).toEqual({ code: "lost", retry: "later" });
  });

  it("ends for errors that are their own cause or throw when read", () => {
    const error = new Error("x");
    error.cause = error;
    expect(loss(error).code).toBe("lost");
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error("x");
        },
      },
    );
    expect(loss(hostile).code).toBe("lost");
  });

  it("is always a code and a decision", () => {
    fc.assert(
      fc.property(fc.anything(), (cause) => {
        const { code, retry } = loss(cause);
        expect(code).toMatch(/^[A-Za-z0-9][\w.-]{0,63}$/);
        expect(["later", "never"]).toContain(retry);
      }),
    );
  });
});
