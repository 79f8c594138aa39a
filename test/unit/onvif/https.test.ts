/** Cameras behind https: their own certificates do not stop us, and are shown no password for it. */
import { createServer, type Server } from "node:https";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Answered, post } from "../../../drivers/onvif/http.ts";
import { Login, type Shown } from "../../../drivers/onvif/login.ts";
import { type Authority, makeAuthority } from "../../certificates.ts";
import { FakeClock } from "../../fake-clock.ts";

let authority: Authority;
let server: Server;
const heard: (string | undefined)[] = [];
beforeAll(async () => {
  authority = makeAuthority("cameras");
  server = createServer(authority.self("IP:127.0.0.1"), (request, response) => {
    heard.push(request.headers.authorization);
    response.writeHead(401, { "WWW-Authenticate": 'Basic realm="cam"' }).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  authority.remove();
});

const password = new TextEncoder().encode("right");

it("one with a certificate of its own is reached, and gets no Basic", async () => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const send = ({ headers }: Shown) =>
    post(
      { host: "127.0.0.1", port, scheme: "https" },
      { path: "/onvif", headers, body: "" },
      { clock: new FakeClock(), leftMs: 5000 },
      new AbortController().signal,
    );
  expect(await new Login("edge").through(password, "/onvif", send)).toBe("basic");
  expect(heard).toEqual([undefined]);
});

it.each([
  ["the same", 200],
  ["another", undefined],
])("one that proved who it is gets Basic over a connection to %s alone", async (who, status) => {
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, authority.cert]);
  const said: (string | undefined)[] = [];
  const camera = createServer(authority.issue("IP:127.0.0.1"), ({ headers: { authorization } }, response) => {
    said.push(authorization);
    response.writeHead(said.length > 1 ? 200 : 401, { "WWW-Authenticate": 'Basic realm="cam"' }).end();
    // Somebody puts himself in its place.
    if (who === "another") camera.setSecureContext(authority.self("IP:127.0.0.1"));
  });
  await new Promise<void>((resolve) => void camera.listen(0, "127.0.0.1", resolve));
  try {
    const address = camera.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const send = ({ headers, toProved }: Shown) =>
      post(
        { host: "127.0.0.1", port, scheme: "https" },
        { path: "/onvif", headers, body: "", toProved },
        { clock: new FakeClock(), leftMs: 5000 },
        new AbortController().signal,
      );
    const came = await new Login("edge").through(password, "/onvif", send).catch(() => undefined);
    expect(typeof came === "object" ? came.status : came).toBe(status);
    const shown = `Basic ${Buffer.from("edge:right").toString("base64")}`;
    expect(said).toEqual(who === "another" ? [undefined] : [undefined, shown]);
  } finally {
    setDefaultCACertificates(trusted);
    await new Promise((resolve) => camera.close(resolve));
  }
});

it("one that proved who it is gets Basic, once", async () => {
  const sent: Record<string, string>[] = [];
  const answered = (status: number): Answered => ({
    ...{ status, challenges: ['Basic realm="cam"'], body: new Uint8Array(), proved: true },
  });
  const send = async ({ headers }: Shown) => {
    sent.push(headers);
    return answered(401);
  };
  expect(await new Login("edge").through(password, "/onvif", send)).toBe("denied");
  expect(sent).toEqual([{}, { Authorization: `Basic ${Buffer.from("edge:right").toString("base64")}` }]);
});

it("one that refused and was lost in the next question is shown no nonce of then", async () => {
  const sent: string[] = [];
  let nonce = "n1";
  let how: "refuses" | "is lost" | "takes" = "refuses";
  const send = async ({ headers: { Authorization = "" } }: Shown): Promise<Answered> => {
    sent.push(/nonce="(\w+)"/.exec(Authorization)?.[1] ?? "none");
    if (Authorization !== "" && how === "is lost") throw new Error("lost");
    const isTaken = how === "takes" && sent.at(-1) === nonce;
    const stale = how === "takes" ? ", stale=true" : "";
    const challenges = [`Digest realm="cam", qop="auth", nonce="${nonce}"${stale}`];
    return { status: isTaken ? 200 : 401, challenges, body: new Uint8Array(), proved: false };
  };
  const login = new Login("edge");
  expect(await login.through(password, "/onvif", send)).toBe("denied");
  how = "is lost";
  await expect(login.through(password, "/onvif", send)).rejects.toThrow("lost");
  how = "takes";
  nonce = "n2";
  expect(await login.through(password, "/onvif", send)).toMatchObject({ status: 200 });
  expect(sent).toEqual(["none", "n1", "none", "n1", "none", "n2"]);
});

it("one that says for ever that its nonce is too old is answered twice, with another count each", async () => {
  const sent: string[] = [];
  const send = async ({ headers: { Authorization = "" } }: Shown): Promise<Answered> => {
    sent.push(Authorization);
    const challenges = ['Digest realm="cam", qop="auth", nonce="n", stale=true'];
    return { status: 401, challenges, body: new Uint8Array(), proved: false };
  };
  const login = new Login("edge");
  expect(await login.through(password, "/onvif", send)).toBe("denied");
  expect(sent.map((header) => /nc=(\d+)/.exec(header)?.[1])).toEqual([undefined, "00000001", "00000002"]);
  await login.through(password, "/onvif", send);
  expect(new Set(sent.slice(1)).size).toBe(sent.length - 1);
});
