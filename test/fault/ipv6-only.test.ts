/** A school where there is only ::1, with everything that a technician does there. */
import { expect, it } from "vitest";
import { exampleFiles, exampleFolder, exampleNames } from "../unit/config/example-files.ts";
import { ipv6OnlyDenied, runIpv6Only } from "./ipv6-only.ts";

const denied = process.env.CE_CI === "1" ? null : ipv6OnlyDenied();

it("runs a school, its page, its verbs and the demo where there is no IPv4 at all", async ({ skip }) => {
  if (denied !== null) skip(`no network of its own can be made here: ${denied}`);
  const examples = exampleNames.map((name) => exampleFolder(exampleFiles(name)));
  const run = await runIpv6Only(examples);
  expect(run.ipv6).toEqual({ bind: "listening", reach: "connected" });
  expect(run.ipv4).toEqual({ bind: "EADDRNOTAVAIL", reach: "ENETUNREACH" });

  expect(run.delivered).toEqual(expect.arrayContaining(["101-air", "102-air", "103-air", "meter"]));
  const { broker, other } = run.ports;
  expect(run.listening).toEqual([`[::1]:${broker}`, `localhost:${other}`]);
  expect(run.page).toEqual({ own: 200, tunnel: 200, rebound: 421 });
  expect(run.status).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^meter ● well .*\n(.*\n)*voltage .* 230 V/),
  });
  expect(run.why).toMatchObject({ code: 0, out: expect.stringMatching(/^meter is well/) });

  expect(run.demo).toMatchObject({ code: 0, said: { page: "http://[::1]:8080" } });
  expect(run.demo.said.up).toBe(run.demo.said.devices);

  expect(run.checks.map(({ code }) => code)).toEqual(exampleNames.map(() => 0));
  for (const { out } of run.checks) expect(out).toContain("✓ usable");
}, 240_000);
