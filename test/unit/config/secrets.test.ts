import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SecretRef } from "../../../config/schema/scalar.ts";
import { brief, folderOf, load, placeIn, school } from "./school-folder.ts";

const files = {
  "school.yaml": school,
  "links.yaml": "links: { rs1: { kind: fake-bus, port: x, lock: secret:door-1 } }\n",
};
const place = `links.yaml:${placeIn(files["links.yaml"], "secret:")}`;
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const told = (folder: string, env = {}) =>
  brief(load(folder, { env }).problems).filter((line) => line.startsWith("secret"));

describe("a secret", () => {
  it("comes from its file first, then from systemd, then from the environment", () => {
    const credentials = folderOf({ "door-1": "from systemd\n" });
    const folder = folderOf({ ...files, "secrets/door-1": "from the file\r\n" });
    const env: Record<string, string> = { CREDENTIALS_DIRECTORY: credentials, CE_SECRET_DOOR_1: "from env" };
    const { plan } = load(folder, { env });
    expect(text(plan?.secret("door-1"))).toBe("from the file");
    rmSync(join(folder, "secrets/door-1"));
    expect(text(plan?.secret("door-1"))).toBe("from systemd");
    rmSync(join(credentials, "door-1"));
    expect(text(plan?.secret("door-1"))).toBe("from env");
    delete env.CE_SECRET_DOOR_1;
    expect(() => plan?.secret("door-1")).toThrow("there is no secret door-1");
    expect(() => plan?.secret("../links.yaml")).toThrow();
  });

  it("is asked for at the place where it is used", () => {
    expect(told(folderOf(files))).toEqual([`secret-missing ${place}`]);
  });

  it("that others can read is refused, whatever else could serve", () => {
    const folder = folderOf({ ...files, "secrets/door-1": "x" });
    for (const mode of [0o640, 0o604, 0o620, 0o700]) {
      chmodSync(join(folder, "secrets/door-1"), mode);
      expect(told(folder, { CE_SECRET_DOOR_1: "y" })).toEqual([`secret-mode ${place}`]);
    }
    chmodSync(join(folder, "secrets/door-1"), 0o400);
    expect(told(folder)).toEqual([]);
  });

  it("outside the folder is refused, whether the file or the folder is a link", () => {
    const outside = folderOf({ "secrets/door-1": "stolen" });
    const byFile = folderOf(files);
    mkdirSync(join(byFile, "secrets"));
    symlinkSync(join(outside, "secrets/door-1"), join(byFile, "secrets/door-1"));
    expect(told(byFile)).toEqual([`secret-outside ${place}`]);
    const byFolder = folderOf(files);
    symlinkSync(join(outside, "secrets"), join(byFolder, "secrets"));
    expect(told(byFolder)).toEqual([`secret-outside ${place}`]);
  });

  it("that is empty, too large or no file is refused", () => {
    const folder = folderOf({ ...files, "secrets/door-1": "\n" });
    expect(told(folder)).toEqual([`secret-empty ${place}`]);
    writeFileSync(join(folder, "secrets/door-1"), Buffer.alloc(65_537, 65));
    expect(told(folder)).toEqual([`secret-too-large ${place}`]);
    rmSync(join(folder, "secrets/door-1"));
    mkdirSync(join(folder, "secrets/door-1"), { mode: 0o600 });
    expect(told(folder)).toEqual([`secret-not-a-file ${place}`]);
  });

  it("of a device that is off may be missing", () => {
    const box = `profile: box
text: { zh: 盒子, en: Box }
proof: simulated
driver: bus
points: { temperature: { register: 0 } }
`;
    const devices = (stage: string) =>
      folderOf({
        "school.yaml": school,
        "profiles/box.yaml": box,
        "d.yaml": `links: { rs1: { kind: fake-bus, port: x } }
devices: { a: { profile: box, via: rs1, unit: 1, pin: secret:a${stage} } }
`,
      });
    expect(told(devices(""))).toEqual(["secret-missing d.yaml:2:55"]);
    expect(told(devices(", stage: off, why: 送修"))).toEqual([]);
  });

  it("does not change the revision and is not in the plan", () => {
    const one = load(folderOf({ ...files, "secrets/door-1": "aaaa" })).plan;
    const two = load(folderOf({ ...files, "secrets/door-1": "bbbb" })).plan;
    expect(one?.revision).toBe(two?.revision);
    expect(one?.links[0]?.settings).toMatchObject({ lock: new SecretRef("door-1") });
    expect(JSON.stringify(one)).not.toMatch(/aaaa|door-1/);
  });
});
