import { expect, it } from "vitest";
import type { Seek } from "../../../config/schema/kind.ts";
import type { Found } from "../../../drivers/contract/index.ts";
import { Questions } from "../../../edge/search/questions.ts";

const seek = (n: number): Seek => ({ line: "l", address: { unit: n }, deadlineMs: 1, body: n });
const there = (n: number): Found => ({ address: { unit: n }, told: {} });
const fault = { code: "x.several", layer: "frame", retry: "later", detail: "" } as const;
const several = (...further: number[]): Found => ({
  ...{ address: {}, told: {}, fault },
  ...(further.length === 0 ? {} : { further: further.map(seek) }),
});

/** Asks all. @param answers by the question's number. @returns numbers as they were asked, and who was told of */
function asked(first: readonly number[], answers: Record<number, Found[]>) {
  const questions = new Questions(first.map(seek));
  const order: unknown[] = [];
  const told: Found[] = [];
  for (let next = questions.next(); next !== null; next = questions.next()) {
    order.push(next.body);
    told.push(...questions.heard(answers[next.body as number] ?? []));
  }
  return { order, told: told.map(({ address, fault }) => address.unit ?? fault?.code) };
}

it("asks those next that tell apart who answered at once, and tells of the collision no more", () => {
  const { order, told } = asked([1, 2], {
    1: [several(11, 12, 13)],
    11: [there(11)],
    13: [there(13)],
    2: [there(2)],
  });
  expect(order).toEqual([1, 11, 12, 13, 2]);
  expect(told).toEqual([11, 13, 2]);
});

it("tells of a collision when its questions find nobody, and once of what they could not tell apart either", () => {
  expect(asked([1], { 1: [several(11)] }).told).toEqual(["x.several"]);
  const unclear = asked([1], {
    1: [several(11, 12, 13)],
    11: [several(21)],
    12: [there(12)],
    13: [several()],
  });
  expect(unclear).toEqual({ order: [1, 11, 12, 13], told: [12, "x.several"] });
});

it("looks into no more than two collisions in a row of which nothing comes", () => {
  const noise = { 1: [several(11)], 2: [several(21)], 3: [several(31)], 4: [several(41)] };
  expect(asked([1, 2, 3, 4], noise).order).toEqual([1, 11, 2, 21, 3, 4]);
  expect(asked([1, 2, 3, 4], { ...noise, 21: [there(21)] }).order).toEqual([1, 11, 2, 21, 3, 31, 4, 41]);
});
