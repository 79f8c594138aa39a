import { expect, it } from "vitest";
import { straceMissing } from "../bench/syncs.ts";
import { withoutMosquitto } from "../unit/simulator/mosquitto.ts";
import { externalSchool, type Victim } from "./external-school.ts";

const cannot = process.env.CE_CI !== "1" && (withoutMosquitto || straceMissing !== null);
const victims: readonly Victim[] = ["gateway", "broker", "both", "gateway", "broker"];

it.skipIf(cannot).each([4, 5] as const)(
  "loses and doubles nothing at a broker of the school by MQTT version %i, killed 40 times at a slow disk",
  async (version) => {
    const kills = Array.from({ length: 40 }, (_, n) => victims[n % victims.length] ?? "both");
    const verdict = await externalSchool({ version, kills, lifeMs: 3000, seed: 10 + version });
    console.log(`a broker of the school, MQTT ${version}, killed 40 times: ${JSON.stringify(verdict)}`);
    expect(verdict).toMatchObject({ lostByUs: 0, lostFromItsFile: 0, doubledByUs: 0, doubledKeyed: 0 });
    expect(verdict).toMatchObject({ phantoms: 0, outOfOrder: 0 });
    expect(verdict.received).toBeGreaterThan(20_000);
  },
  1_800_000,
);
