/** What the tests of cameras share: a client that speaks plain HTTP and computes its logins itself, and a check of documents. */
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { CameraOptions } from "../../../simulator/cameras/simulated-camera.ts";
import { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { FakeClock } from "../../fake-clock.ts";

export const secret = "Yu-3-gao";
const soap = "http://www.w3.org/2003/05/soap-envelope";
const wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const digestType =
  "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
export const spaces = {
  tds: "http://www.onvif.org/ver10/device/wsdl",
  trt: "http://www.onvif.org/ver10/media/wsdl",
  tev: "http://www.onvif.org/ver10/events/wsdl",
  wsnt: "http://docs.oasis-open.org/wsn/b-2",
} as const;

/** A Tuesday in term. */
export const noon = Date.parse("2026-10-13T12:00:00+08:00");

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Ask {
  /** `tds:GetScopes`, or the same with something inside: `trt:GetStreamUri|<trt:ProfileToken>…`. */
  what: string;
  url?: string;
  token?: string;
  authorization?: string;
  /** More of the header. */
  header?: string;
  ca?: string;
  signal?: AbortSignal;
  soapNamespace?: string;
}

/** PasswordDigest = Base64(SHA-1(nonce + created + password)). */
export function tokenOf(createdMs: number, nonce: string, password = secret, user = "edge"): string {
  const created = new Date(createdMs).toISOString();
  const bytes = Buffer.from(nonce);
  const digest = createHash("sha1")
    .update(Buffer.concat([bytes, Buffer.from(created + password)]))
    .digest("base64");
  return (
    `<w:Security xmlns:w="${wsse}" xmlns:u="${wsu}"><w:UsernameToken><w:Username>${user}</w:Username>` +
    `<w:Password Type="${digestType}">${digest}</w:Password><w:Nonce>${bytes.toString("base64")}</w:Nonce>` +
    `<u:Created>${created}</u:Created></w:UsernameToken></w:Security>`
  );
}

/** RFC 7616, 3.4.1. @param challenge a line of WWW-Authenticate */
export function digestOf(
  challenge: string,
  path: string,
  { count = 1, password = secret, user = "edge", method = "POST" } = {},
): string {
  const word = (key: string) => new RegExp(`${key}="?([^",]+)`).exec(challenge)?.[1] ?? "";
  const algorithm = word("algorithm");
  const hash = (text: string) =>
    createHash(algorithm === "SHA-256" ? "sha256" : "md5")
      .update(text)
      .digest("hex");
  const [realm, nonce, nc, cnonce] = [
    word("realm"),
    word("nonce"),
    count.toString(16).padStart(8, "0"),
    "c0",
  ];
  const response = hash(
    `${hash(`${user}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${path}`)}`,
  );
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${path}", response="${response}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="${cnonce}"`;
}

export function envelope({ what, token = "", header = "", soapNamespace = soap }: Ask): string {
  const [name = "", inside = ""] = what.split("|");
  const declared = Object.entries(spaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  return `<s:Envelope xmlns:s="${soapNamespace}"${declared.join("")}><s:Header>${token}${header}</s:Header><s:Body><${name}>${inside}</${name}></s:Body></s:Envelope>`;
}

export class Rig {
  readonly clock = new FakeClock(noon);
  readonly cameras: SimulatedCamera[] = [];
  #nonces = 0;

  async camera(options: Partial<CameraOptions> & Pick<CameraOptions, "maker">): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera({ password: secret, clock: this.clock, ...options });
    this.cameras.push(camera);
    await camera.start();
    return camera;
  }

  async stop(): Promise<void> {
    for (const camera of this.cameras.splice(0)) await camera.stop();
  }

  /** Waits until it has gone down. */
  async down(camera: SimulatedCamera): Promise<void> {
    await camera.until(({ truth }) => truth.at(-1)?.what === "down");
    await new Promise(setImmediate);
  }

  async reboot(camera: SimulatedCamera, downMs: number): Promise<void> {
    const boot = camera.reboot(downMs);
    await this.down(camera);
    await this.clock.advance(downMs);
    await boot;
  }

  /** A token as this camera takes it. */
  token(
    camera: SimulatedCamera,
    { aside = 0, nonce = `n${++this.#nonces}`, password = secret } = {},
  ): string {
    return tokenOf(camera.ownMs + aside, nonce, password);
  }

  /** Asks without looking for what is wanted. */
  ask(camera: SimulatedCamera, ask: Ask | string): Promise<Reply> {
    const asked: Ask = typeof ask === "string" ? { what: ask } : ask;
    const { authorization, ca, signal } = asked;
    const url = asked.url ?? camera.url;
    return new Promise((resolve, reject) => {
      const send = url.startsWith("https") ? httpsRequest : httpRequest;
      const request = send(
        url,
        {
          method: "POST",
          agent: false,
          headers: {
            "content-type": "application/soap+xml; charset=utf-8",
            ...(authorization === undefined ? {} : { authorization }),
          },
          ...(ca === undefined ? {} : { ca }),
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(parts).toString("utf8"),
            }),
          );
        },
      );
      request.on("error", reject);
      request.end(envelope(asked));
    });
  }

  /** Asks as an honest client does: with a token, or with a digest after a challenge. */
  async honest(camera: SimulatedCamera, ask: Ask | string): Promise<Reply> {
    const asked: Ask = typeof ask === "string" ? { what: ask } : ask;
    if (camera.maker.login !== "digest") return this.ask(camera, { token: this.token(camera), ...asked });
    const first = await this.ask(camera, asked);
    const { pathname, search } = new URL(asked.url ?? camera.url);
    const challenge = challengesOf(first)[0];
    if (challenge === undefined) return first;
    return this.ask(camera, { ...asked, authorization: digestOf(challenge, pathname + search) });
  }

  /** All bytes that come back, until the connection is closed or there are so many. */
  raw(camera: SimulatedCamera, ask: Ask, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
    const { hostname, port, pathname } = new URL(ask.url ?? camera.url);
    const body = envelope(ask);
    return new Promise((resolve) => {
      const parts: Buffer[] = [];
      let size = 0;
      const socket = connect(Number(port), hostname.replace(/[[\]]/g, ""));
      const over = () => {
        socket.destroy();
        resolve(Buffer.concat(parts));
      };
      socket.on("error", () => undefined);
      socket.on("close", over);
      socket.on("end", over);
      socket.on("data", (part) => {
        parts.push(part);
        size += part.length;
        if (size >= most) over();
      });
      socket.write(
        `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }
}

export function challengesOf({ headers }: Reply): string[] {
  const said = headers["www-authenticate"] ?? [];
  return (typeof said === "string" ? said.split(/, (?=Digest )/) : said).filter((line) => line !== "");
}

/** Texts of all elements of a local name, as a reader without prefixes sees them. */
export function textsOf(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`<(?:[\\w-]+:)?${name}(?:\\s[^>]*)?>([^<]*)</`, "g"))].map(
    ([, inside = ""]) =>
      inside
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&quot;", '"')
        .replaceAll("&amp;", "&"),
  );
}

export const textOf = (text: string, name: string): string | undefined => textsOf(text, name)[0];

/**
 * What is wrong with a document: tags that do not fit, prefixes that nobody declared, bare ampersands, two roots; null: nothing.
 * Written apart from what the simulator reads with.
 */
export function malformed(text: string): string | null {
  const stack: { tag: string; prefixes: string[] }[] = [];
  let roots = 0;
  const rest = text.replace(/^<\?xml [^?]*\?>/, "").replace(/<!--(?:(?!--)[\s\S])*-->/g, "");
  for (const [, tag, chars] of rest.matchAll(/<([^>]*)>|([^<]+)/g)) {
    if (chars !== undefined) {
      if (/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(chars)) return `a bare ampersand: ${chars}`;
      if (stack.length === 0 && chars.trim() !== "") return `text outside: ${chars}`;
      continue;
    }
    if (tag === undefined || /^[!?]/.test(tag)) return `what is that: ${tag}`;
    if (tag.startsWith("/")) {
      if (stack.pop()?.tag !== tag.slice(1)) return `closes what is not open: ${tag}`;
      continue;
    }
    const [all, name, attributes = "", empty] =
      /^([\w:.-]+)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)$/.exec(tag) ?? [];
    if (all === undefined || name === undefined) return `no tag: ${tag}`;
    if (stack.length === 0) roots += 1;
    const names = [...attributes.matchAll(/\s([\w:.-]+)=/g)].map(([, one = ""]) => one);
    if (new Set(names).size !== names.length) return `an attribute twice: ${tag}`;
    const declared = [
      ...(stack.at(-1)?.prefixes ?? ["xml", ""]),
      ...names.filter((one) => one.startsWith("xmlns")).map((one) => one.slice(6)),
    ];
    const used = [name, ...names.filter((one) => one.includes(":") && !one.startsWith("xmlns:"))];
    for (const one of used) {
      const prefix = one.includes(":") ? (one.split(":")[0] ?? "") : "";
      if (!declared.includes(prefix)) return `nobody declared ${one}`;
    }
    if (empty === "") stack.push({ tag: name, prefixes: declared });
  }
  return stack.length === 0 && roots === 1 ? null : `${roots} roots, ${stack.length} open`;
}

/** Looks for whoever is there (WS-Discovery of April 2005, 5.2). */
export const probeText = (id: string): string =>
  '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
  'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header>' +
  `<w:MessageID>${id}</w:MessageID><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>` +
  "</e:Header><e:Body><d:Probe/></e:Body></e:Envelope>";
