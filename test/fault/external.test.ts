import { expect, it } from "vitest";
import { straceMissing } from "../bench/syncs.ts";
import { withoutMosquitto } from "../unit/simulator/mosquitto.ts";
import { externalSchool } from "./external-school.ts";

const cannot = process.env.CE_CI !== "1" && (withoutMosquitto || straceMissing !== null);

it.skipIf(cannot)(
  "loses and doubles nothing at a broker of the school, when gateway and broker are killed at a slow disk",
  async () => {
    const verdict = await externalSchool({
      version: 5,
      kills: ["gateway", "broker", "gateway", "both", "broker"],
      lifeMs: 2500,
      seed: 1,
    });
    console.log(`a broker of the school, killed: ${JSON.stringify(verdict)}`);
    expect(verdict).toMatchObject({ lostByUs: 0, lostFromItsFile: 0, doubledByUs: 0, doubledKeyed: 0 });
    expect(verdict).toMatchObject({ phantoms: 0, outOfOrder: 0 });
    expect(verdict.received).toBeGreaterThan(2000);
    expect(verdict.repeats).toBeGreaterThan(0);
  },
  120_000,
);
