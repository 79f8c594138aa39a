import { expect, it } from "vitest";
import { metered } from "./meter-profile.ts";
import { loadFiles, planOf } from "./school-folder.ts";

const ct = "with: { ct: 1 }";
const served = (more = "") => `links:
  lan: { kind: fake-bus, port: /dev/ttyS1 }
  rs1: { kind: fake-bus, port: "4001", via: ss1${more} }
`;
const carrier = `  ss1: { profile: meter, via: lan, unit: 1, host: 10.0.0.1, ${ct} }\n`;

it("gives a link its rooms in the order of the cable", () => {
  const chain = (written: string) =>
    planOf({ "links.yaml": `links: { rs1: { kind: fake-bus, port: /dev/ttyS1, chain: ${written} } }\n` })
      .links[0]?.chain;
  expect(chain("[102..103, 101]")).toEqual(["102", "103", "101"]);
  expect(chain("101..103")).toEqual(["101", "102", "103"]);
  expect(chain("103")).toEqual(["103"]);
});

it("does not call a room of a chain unknown while a file with rooms cannot be read", () => {
  const { problems } = loadFiles({
    "links.yaml": "links: { rs1: { kind: fake-bus, port: /dev/ttyS1, chain: [101..140, 999] } }\n",
    "spaces.yaml": "spaces: [",
  });
  expect(problems.map(({ code }) => code)).not.toContain("unknown-space");
});

it("gives a link the host of the device that carries it, unless it has its own", () => {
  const hostOf = (more: string) => {
    const plan = planOf(metered(carrier, { "links.yaml": served(more) }));
    const link = plan.links.find(({ id }) => id === "rs1");
    return [link?.via, (link?.settings as { host?: string } | undefined)?.host];
  };
  expect(hostOf("")).toEqual(["ss1", "10.0.0.1"]);
  expect(hostOf(", host: 10.0.0.9")).toEqual(["ss1", "10.0.0.9"]);
});

it("gives a device the host of the nearest thing in front of it that has one", () => {
  const plan = planOf(
    metered(
      `${carrier}  box: { profile: meter, via: rs1, unit: 2, host: 10.0.0.2, ${ct} }
  plain: { profile: meter, via: rs1, unit: 3, ${ct} }
  own: { profile: meter, via: box, unit: 4, host: 10.0.0.3, ${ct} }
  boxed: { profile: meter, via: box, unit: 5, ${ct} }
  through: { profile: meter, via: plain, unit: 6, ${ct} }
  alone: { profile: meter, via: lan, unit: 9, ${ct} }
`,
      { "links.yaml": served() },
    ),
  );
  const hosts = plan.links.flatMap(({ devices }) =>
    devices.map(({ id, address }) => [id, (address as { host?: string }).host]),
  );
  expect(Object.fromEntries(hosts)).toEqual({
    ss1: "10.0.0.1",
    alone: undefined,
    box: "10.0.0.2",
    plain: "10.0.0.1",
    own: "10.0.0.3",
    boxed: "10.0.0.2",
    through: "10.0.0.1",
  });
});

it("prefers the host of the link to that of what carries it", () => {
  const plan = planOf(
    metered(`${carrier}  m1: { profile: meter, via: rs1, unit: 1, ${ct} }\n`, {
      "links.yaml": served(", host: 10.0.0.9"),
    }),
  );
  expect(plan.links[1]?.devices[0]?.address).toMatchObject({ host: "10.0.0.9" });
});

it("calls simulated what a simulated device carries", () => {
  const plan = planOf(
    metered(
      `${carrier.replace(" }\n", ", simulated: true }\n")}  m1: { profile: meter, via: rs1, unit: 1, ${ct} }\n`,
      {
        "links.yaml": served(),
      },
    ),
  );
  expect(plan.links[1]?.points.get("m1")?.simulated).toBe(true);
});
