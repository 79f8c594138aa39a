/**
 * No address of IPv4 is built into the program: a school may have none. Only strings that are nothing but an address
 * count; in a sentence it is an example for people.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readImports } from "./import-graph.ts";

const root = new URL("../..", import.meta.url).pathname;
const { files } = readImports(root, ["config", "drivers", "edge", "gateway", "simulator"]);

/** Addresses that may stand in the code, and why. */
const allowed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "config/schema/address.ts": {
    '"127.0.0.1"': "one of two, the other is of IPv6; the machine says which there is",
    '"127.0.0.0"': "the range that is a machine's own",
    '"10.0.0.0"': "a range that does not leave a site",
    '"172.16.0.0"': "another one",
    '"192.168.0.0"': "another one",
    '"169.254.0.0"': "another one",
    '"0.0.0.0"': "tells whether somebody listens everywhere; nobody does by default",
  },
  "drivers/onvif/discovery.ts": {
    '"239.255.255.250"': "the group of WS-Discovery; that of IPv6 stands beside it",
  },
  "simulator/cameras/probe-responder.ts": {
    '"239.255.255.250"': "the group of WS-Discovery, the other one is of IPv6; only joined on this machine",
    '"203.0.113.108"': "where a simulated camera was before it was moved; an address of no network",
  },
  "simulator/displays/pjlink-search.ts": {
    '"127.255.255.255"': "all of the loopback network; IPv6 has no broadcast",
    '"255.255.255.255"': "what projectors are looked for at; only listened to",
  },
  "simulator/platform/http-door.ts": {
    '"127.0.0.1"': "where a stand-in of tests listens unless told; ownAddress() can take its place",
  },
};

/** A string that holds an address and neither blank nor Chinese: nobody reads that. */
const constant = /(["'`])[\w.:/@[\]${}-]*(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])[\w.:/@[\]${}-]*\1/g;
/** A pattern of addresses, or the beginning of one. */
const part = /["'`/^(|]127(?:\\\.|\.(?!\d)|\(\\\.)[^\n]{0,20}/g;

function addressesIn(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(constant), ...code.matchAll(part)].map(([found]) => found);
}

it("knows an address from an example for people", () => {
  const text = [
    'const host = "127.0.0.1";',
    "const at = `mqtt://10.0.0.1:1883`;",
    "const from = '192.168.30.0/24';",
    String.raw`const own = /^(127(\.\d{1,3}){3}|::1)$/;`,
    'host.startsWith("127.")',
    String.raw`/^127\.0\.0\.1$/`,
    "/* listen: '127.0.0.1' */",
    '  // const host = "127.0.0.1";',
    'en: "write it like 192.168.1.21 or fd12:10::21",',
    'zh: "写127.0.0.1:8080",',
    'const clause = "5.20.1";',
    'const version = "1.2.3.4.5";',
  ].join("\n");
  expect(addressesIn(text)).toHaveLength(6);
});

it("has no address of IPv4 in the code but those that are explained", () => {
  const found = files.flatMap((file) =>
    addressesIn(readFileSync(`${root}/${file}`, "utf8")).map((address) => ({ file, address })),
  );
  const strange = found.filter(({ file, address }) => allowed[file]?.[address] === undefined);
  expect(strange).toEqual([]);
  const unused = Object.entries(allowed).flatMap(([file, addresses]) =>
    Object.keys(addresses).filter(
      (address) => !found.some((one) => one.file === file && one.address === address),
    ),
  );
  expect(unused).toEqual([]);
});
