/** A gateway that ends, or forgets the search, while somebody searches: what was found until then is given. */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { SearchTaken } from "../../../config/schema/search.ts";
import { socketName } from "../../../edge/agent/index.ts";
import { schoolFolder } from "../../scenario/school-folder.ts";
import { typed } from "./typed.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const taken: SearchTaken = {
  ...{ v: 1, troubles: [], ended: null },
  at: { link: "rs1", asked: 7, of: 247, leftMs: 70_000, fitting: false },
  found: [{ link: "rs1", kind: "modbus-rtu", address: { unit: 7 }, told: {}, known: null, fits: [] }],
};

/** @param answers to what is asked of the search, one after the other; null: it hangs up */
async function door(answers: readonly ({ code: number; body: object } | null)[]) {
  const folder = schoolFolder({}, {});
  undo.push(() => folder.remove());
  mkdirSync(folder.data, { recursive: true });
  const left = [...answers];
  const server = createServer((request, response) => {
    const answer = request.url === "/search" ? left.shift() : { code: 200, body: {} };
    if (answer === null || answer === undefined) return void response.destroy();
    response.writeHead(answer.code, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  }).listen(join(folder.data, socketName));
  await once(server, "listening");
  undo.push(() => server.close());
  return (more: string[] = []) =>
    typed(["scan", "modbus", "--data", folder.data, "--config", folder.config, "--lang", "en", ...more]);
}

const started = { code: 200, body: { v: 1, id: "s" } };
const gone = { code: 409, body: { error: { code: "gone", links: [] } } };

it("says of a link that could not be searched nothing but that", async () => {
  const troubles = [{ link: "rs1", code: "cannot-open", detail: "no such port" }];
  const scan = await door([started, { code: 200, body: { ...taken, found: [], troubles, ended: "done" } }]);
  const { code, out, err } = await scan();
  expect([code, out, err]).toEqual([1, [], ["rs1 cannot be opened and was not searched: no such port"]]);
});

it.each([
  ["it is gone", gone, "the gateway searches no more"],
  ["it hangs up", null, "the gateway does not answer"],
] as const)("%s", async (_, last, said) => {
  const scan = await door([started, { code: 200, body: taken }, last]);
  const { code, out, err } = await scan();
  expect(code).toBe(2);
  expect(out[0]).toBe("found: 1, of which 1 stand in no file");
  expect(err.join("\n")).toContain(said);
});
