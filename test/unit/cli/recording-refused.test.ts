/** What `report recording` says of a link that the gateway will not record, in both languages. */
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { socketName } from "../../../edge/agent/index.ts";
import { program } from "../../../edge/cli/program.ts";
import { schoolFolder, schoolSection } from "../../scenario/school-folder.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Asks a gateway that answers so. */
async function told(error: object, lang: string): Promise<[code: number, said: string]> {
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\n`,
    },
    {},
  );
  undo.push(() => folder.remove());
  const door = createServer((_, response) => {
    response.writeHead(409, { "content-type": "application/json" }).end(JSON.stringify({ error }));
  });
  await new Promise<void>((resolve) => void door.listen(join(folder.data, socketName), resolve));
  undo.push(() => new Promise((resolve) => door.close(resolve)));
  const err: string[] = [];
  const code = await program(["report", "recording", "cam", "--lang", lang, "--config", folder.config], {
    out: (line) => void err.push(line),
    err: (line) => void err.push(line),
    env: { LANG: "C" },
    signal: AbortSignal.timeout(10_000),
  });
  return [code, err.join("\n")];
}

it.each([
  ["zh", ["cam", "rs1"], /线路 cam 不能录.*onvif 类线路里的密码、卡号和姓名.*别的线路可以试：rs1/s],
  [
    "en",
    ["cam", "rs1"],
    /link cam cannot be recorded: .*passwords, cards and names .*onvif.*another one: rs1/s,
  ],
  ["zh", ["cam"], /线路 cam 不能录.*campus-edge status/s],
  ["en", ["cam"], /cannot be recorded.*see campus-edge status/s],
] as const)("in %s, of %j", async (lang, links, wanted) => {
  const [code, said] = await told({ code: "cannot", links, kind: "onvif" }, lang);
  expect(code).toBe(2);
  expect(said).toMatch(wanted);
});
