/** HTTP Digest as RFC 7616 has it, and a UsernameToken; the digests are computed here anew. */
import { createHash } from "node:crypto";
import { validateHeaderValue } from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorization, type Challenge, challengesOf, NonceCounts } from "../../../drivers/onvif/digest.ts";
import { usernameToken } from "../../../drivers/onvif/token.ts";

const password = new TextEncoder().encode("Circle of Life");
const bothOfTheRfc = [
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
];

function challenge(header: string): Challenge {
  const { digest } = challengesOf([header]);
  if (digest === null) throw new Error("no challenge");
  return digest;
}

describe("a challenge", () => {
  it("is taken of two the one with SHA-256, in any order and also in one header", () => {
    expect(challengesOf(bothOfTheRfc).digest?.algorithm).toBe("SHA-256");
    expect(challengesOf(bothOfTheRfc.toReversed()).digest?.algorithm).toBe("SHA-256");
    expect(challengesOf([`Basic realm="x, y", ${bothOfTheRfc.toReversed().join(", ")}`])).toMatchObject({
      digest: { algorithm: "SHA-256", realm: "http-auth@example.org", qop: "auth" },
      basic: true,
    });
  });

  it("without an algorithm is one of MD5, and may lack a quality", () => {
    expect(challenge('Digest realm="IP Camera", nonce="3965", stale="TRUE"')).toEqual({
      ...{ realm: "IP Camera", nonce: "3965", algorithm: "MD5", qop: null, stale: true },
    });
  });

  it.each([
    "Basic realm=x",
    'Digest realm="x"',
    'Digest realm="x", nonce=""',
    'Digest realm="x", nonce="1", algorithm=SHA-512-256',
    'Digest realm="x", nonce="1", qop="auth-int"',
    `Digest realm="x", nonce="${"1".repeat(1025)}"`,
    'Digest realm="x", nonce="1\u0001"',
    "",
  ])("that we cannot answer is none: %s", (header) => {
    expect(challengesOf([header]).digest).toBeNull();
  });

  it("is read of any text without a throw", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 4 }), (headers) => {
        expect(() => challengesOf(headers)).not.toThrow();
        expect(() => challengesOf(headers.map((header) => `Digest ${header}`))).not.toThrow();
      }),
    );
  });
});

describe("an answer", () => {
  const given = {
    user: "Mufasa",
    password,
    path: "/dir/index.html",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    count: 1,
  };

  it.each([
    ["SHA-256", "sha256"],
    ["MD5", "md5"],
  ] as const)("is that of the RFC with %s", (algorithm, name) => {
    const hash = (text: string) => createHash(name).update(text).digest("hex");
    const header = authorization({ ...challenge(bothOfTheRfc[0] ?? ""), algorithm }, given);
    const secret = hash("Mufasa:http-auth@example.org:Circle of Life");
    const expected = hash(
      `${secret}:7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:${given.cnonce}:auth:${hash("POST:/dir/index.html")}`,
    );
    expect(header).toContain(`response="${expected}"`);
    expect(header).toContain("nc=00000001");
    expect(header).not.toContain("Circle of Life");
  });

  it("without a quality is that of RFC 2069", () => {
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    const header = authorization(challenge('Digest realm="r", nonce="n"'), given);
    expect(header).toContain(
      `response="${md5(`${md5("Mufasa:r:Circle of Life")}:n:${md5("POST:/dir/index.html")}`)}"`,
    );
    expect(header).not.toContain("nc=");
  });

  it("is right for a realm and a user in Chinese, whose bytes come and go as they are", () => {
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    const asHead = (text: string) => Buffer.from(text).toString("latin1");
    const header = authorization(challenge(asHead('Digest realm="校门摄像机", nonce="n"')), {
      ...given,
      user: "管理员",
    });
    expect(header).toContain(`username="${asHead("管理员")}", realm="${asHead("校门摄像机")}"`);
    expect(header).toContain(
      `response="${md5(`${md5("管理员:校门摄像机:Circle of Life")}:n:${md5("POST:/dir/index.html")}`)}"`,
    );
    expect(() => validateHeaderValue("Authorization", header)).not.toThrow();
  });

  it("quotes what stands in quotes", () => {
    expect(authorization(challenge('Digest realm="a\\"b", nonce="n"'), { ...given, user: 'x"y' })).toContain(
      'username="x\\"y", realm="a\\"b"',
    );
  });
});

it("a nonce that comes again is counted on, not begun anew", () => {
  const counts = new NonceCounts();
  expect([counts.next("a"), counts.next("b"), counts.next("a"), counts.next("a"), counts.next("b")]).toEqual([
    1, 1, 2, 3, 2,
  ]);
});

it("a UsernameToken holds Base64(SHA-1(nonce + created + password)), and no password", () => {
  const nonce = Uint8Array.from({ length: 16 }, (_, n) => n);
  const token = usernameToken({ user: "edge<&>", password }, nonce, Date.UTC(2024, 0, 2, 3, 4, 5, 678));
  const digest = createHash("sha1")
    .update(Buffer.concat([nonce, Buffer.from("2024-01-02T03:04:05.678Z"), password]))
    .digest("base64");
  expect(token).toContain(`#PasswordDigest">${digest}<`);
  expect(token).toContain(`>${Buffer.from(nonce).toString("base64")}<`);
  expect(token).toContain(">2024-01-02T03:04:05.678Z<");
  expect(token).toContain(">edge&lt;&amp;&gt;<");
  expect(token).not.toContain("Circle of Life");
});
