/** The zone of an address is the camera's own: whatever it is, the host is the same. */
import { expect, it } from "vitest";
import { hostNamed, isHad, type Place, serviceAt } from "../../../drivers/onvif/place.ts";

const place: Place = { host: "fe80::1%eth1", port: 80, scheme: "http" };

it.each([
  "http://[fe80::1%25eth0]/e",
  "http://[FE80::1%eth0]:80/e",
  "http://[fe80::1%2525]/e",
  "http://[fe80::1]/e",
])("%s is on the host that is asked", (address) => {
  expect(serviceAt(place, address)).toEqual({ port: 80, path: "/e", foreign: false });
  expect(hostNamed(address)).toBe("fe80::1");
  expect(isHad(place, address, /^http:$/, null)).toBe(true);
});

it("keeps its port", () => {
  expect(serviceAt(place, "http://[fe80::1%25eth0]:8080/e?a=%25")).toEqual({
    port: 8080,
    path: "/e?a=%25",
    foreign: false,
  });
});

it.each(["http://[fe80::2%25eth0]/e", "http://[fe80::1%25eth0]@evil.example/e", "http://fe80.example/e"])(
  "%s is on another one",
  (address) => {
    expect(serviceAt(place, address)?.foreign).toBe(true);
    expect(isHad(place, address, /^http:$/, null)).toBe(false);
  },
);

it.each([
  "http://[fe80::1%25eth0/e",
  "http://[fe80::1%25eth0]x/e",
  "http://[%25eth0]/e",
  "http://[zone%25eth0]/e",
])("%s is none", (address) => {
  expect(serviceAt(place, address)).toBeNull();
  expect(hostNamed(address)).toBeNull();
});
