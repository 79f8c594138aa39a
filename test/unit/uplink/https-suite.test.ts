import { afterAll } from "vitest";
import { uplinkSuite } from "../../suites/uplink.ts";
import { httpsWorld } from "./https-world.ts";
import { removeAuthorities } from "./mqtt-world.ts";

afterAll(removeAuthorities);

uplinkSuite("https", () => httpsWorld("none"));
uplinkSuite("https with gzip", () => httpsWorld("gzip"));
uplinkSuite("https with zstd", () => httpsWorld("zstd"));
