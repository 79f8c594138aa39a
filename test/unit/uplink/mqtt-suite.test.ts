import { afterAll } from "vitest";
import { uplinkSuite } from "../../suites/uplink.ts";
import { mqttWorld, removeAuthorities } from "./mqtt-world.ts";

afterAll(removeAuthorities);

uplinkSuite("mqtt", () => mqttWorld("none"));
uplinkSuite("mqtt with gzip", () => mqttWorld("gzip"));
uplinkSuite("mqtt with zstd", () => mqttWorld("zstd"));
