import { expect, it } from "vitest";
import { metered } from "./meter-profile.ts";
import { planOf } from "./school-folder.ts";

/** A plan with everything in it. */
const plan = () =>
  planOf(
    metered(
      `  ss1: { profile: meter, via: lan, unit: 1, host: 10.0.0.1, with: { ct: 1 } }
  m1:
    profile: meter
    via: rs1
    unit: 1
    with: { ct: 40 }
    space: 101
    pin: secret:pin
    swapped: [{ at: 2026-10-01, why: x, old: { last: { energy: 1kWh } }, new: { first: { energy: 0kWh } } }]
  m2: { profile: meter, via: rs1, unit: 2, with: { ct: 40 }, stage: off, why: 返厂 }
  101-air: { profile: mqtt-air-json-keyed, via: broker, user: 101-air, password: secret:pin }
`,
      {
        "links.yaml": `links:
  lan: { kind: fake-bus, port: /dev/ttyS1 }
  rs1: { kind: fake-bus, port: "4001", via: ss1, chain: [101] }
  broker: { kind: mqtt-broker, listen: "127.0.0.1:1883", networks: [10.0.0.0/8] }
`,
        "uplinks.yaml":
          "uplinks: { u: { kind: post, url: x, token: secret:pin, send: { levels: [1], points: [co2] } } }\n",
        "status.yaml": 'status: { listen: "127.0.0.1:8080" }\n',
        "spares.yaml": "spares: [{ profile: meter }]\n",
      },
    ),
    { env: { CE_SECRET_PIN: "1234" } },
  );

/** Every object that can be reached from the plan, with the way to it. */
function reached(root: object): Map<object, string> {
  const found = new Map<object, string>();
  const visit = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null || found.has(value)) return;
    found.set(value, path);
    if (value instanceof Map)
      for (const [key, item] of value) {
        visit(key, `${path}<${key}>`);
        visit(item, `${path}[${key}]`);
      }
    else if (value instanceof Set) for (const item of value) visit(item, `${path}[]`);
    for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key), `${path}.${String(key)}`);
  };
  visit(root, "plan");
  return found;
}

it("lets nobody change anything of a plan", () => {
  const objects = reached(plan());
  expect(objects.size).toBeGreaterThan(60);
  for (const [object, path] of objects) {
    expect(() => Object.assign(object, { added: 1 }), path).toThrow(TypeError);
    for (const key of Object.keys(object))
      expect(() => {
        (object as Record<string, unknown>)[key] = "changed";
      }, `${path}.${key}`).toThrow(TypeError);
    if (object instanceof Map) {
      const size = object.size;
      expect(() => object.set("added", 1), path).toThrow(TypeError);
      expect(() => object.delete([...object.keys()][0]), path).toThrow(TypeError);
      expect(() => object.clear(), path).toThrow(TypeError);
      expect(object.size).toBe(size);
    }
    if (object instanceof Set) {
      expect(() => object.add("added"), path).toThrow(TypeError);
      expect(() => object.clear(), path).toThrow(TypeError);
    }
    if (Array.isArray(object)) {
      expect(() => object.push(1), path).toThrow(TypeError);
    }
  }
});

it("reaches what is new in a plan", () => {
  const paths = [...reached(plan()).values()];
  for (const part of ["swapped", "chain", "off", "spares", "spaces", "status", "networks", "send", "last"])
    expect(
      paths.some((path) => path.includes(part)),
      part,
    ).toBe(true);
});
