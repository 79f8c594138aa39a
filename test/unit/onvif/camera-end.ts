/** A camera on a free loopback port, made by hand: it answers what a test tells it to, and checks who asks by itself. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface Said {
  status?: number;
  headers?: Record<string, string | string[]>;
  body: string;
}

export interface Heard {
  operation: string;
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
}

export const envelope = (inner: string): string =>
  `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"><SOAP-ENV:Body>${inner}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
export const faultOf = (code: string): Said => ({
  status: 400,
  body: envelope(
    `<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:${code}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code></SOAP-ENV:Fault>`,
  ),
});

const timeAt = (ms: number): string => {
  const at = new Date(ms);
  return `<tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime>`;
};

export const event = (
  topic: string,
  item: string,
  value: string,
  source = "V1",
  operation = "Changed",
): string =>
  `<wsnt:NotificationMessage><wsnt:Topic>${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="2001-01-01T00:00:00Z" PropertyOperation="${operation}"><tt:Source><tt:SimpleItem Name="Source" Value="${source}"/></tt:Source><tt:Data><tt:SimpleItem Name="${item}" Value="${value}"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`;

export class CameraEnd {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  connections = 0;
  heard: Heard[] = [];
  /** Its clock when it was made, ms UTC, and ms since then. */
  clockMs = Date.UTC(2001, 0, 1);
  elapsedMs = () => 0;
  serial = "DS2CD-1";
  user = "edge";
  password = "right";
  /** How it asks for user and password. */
  wants: "nothing" | "token" | "digest" | "digest-256" | "basic" = "token";
  /** Refused logins. */
  refusals = 0;
  /** Nonces of tokens; one that comes again is refused. */
  #tokens = new Set<string>();
  #counts = new Map<string, number>();
  nonce = "n1";
  /** The nonce is too old: how it says so. */
  stale = false;
  /** What it answers instead, by operation; null: nothing at all. */
  instead = new Map<string, (heard: Heard) => Said | null>();
  /** Events to be pulled. */
  events: string[] = [];
  subscriptions = 0;
  /** Alive ones, by their address. */
  readonly alive = new Set<string>();
  /** Of its services, as it names them. */
  named = "";
  raw: ((socket: Socket) => void) | null = null;
  /** This one is answered later; `begin` is called when it is asked. */
  late: { operation: string; begin: () => void; until: Promise<void> } | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<CameraEnd> {
    const server = createServer();
    const end = new CameraEnd(server);
    server.on("connection", (socket: Socket) => {
      end.connections += 1;
      end.sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => end.sockets.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      let text = "";
      request.on("data", (part: Buffer) => {
        text += part.toString();
      });
      request.on("error", () => {});
      request.on("end", () => end.#answer(request, response, text));
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return end;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  operations(): string[] {
    return this.heard.map(({ operation }) => operation);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse, text: string): void {
    const [, operation = ""] = /<s:Body><(\w+)/.exec(text) ?? [];
    const heard = { operation, path: request.url ?? "", headers: request.headers, text };
    this.heard.push(heard);
    if (this.raw !== null) {
      this.raw(request.socket);
      return;
    }
    const { late } = this;
    if (late?.operation === operation) {
      late.begin();
      this.late = null;
      void late.until.then(() => this.#say(heard, response));
    } else this.#say(heard, response);
  }

  #say(heard: Heard, response: ServerResponse): void {
    const said = this.#said(heard);
    if (said === null) return;
    response.writeHead(said.status ?? 200, { "Content-Type": "application/soap+xml", ...said.headers });
    response.end(said.body);
  }

  #said(heard: Heard): Said | null {
    const denial = heard.operation === "GetSystemDateAndTime" ? null : this.#denial(heard);
    if (denial !== null) return denial;
    const instead = this.instead.get(heard.operation);
    return instead === undefined ? this.#usual(heard) : instead(heard);
  }

  #denial({ headers: { authorization = "" }, text, path }: Heard): Said | null {
    const refuse = (said: Said): Said => {
      this.refusals += 1;
      return said;
    };
    if (this.wants === "nothing") return null;
    if (this.wants === "token") return this.#tokenIsRight(text) ? null : refuse(faultOf("NotAuthorized"));
    const name = this.wants === "digest" ? "md5" : "sha256";
    const algorithm = this.wants === "digest" ? "MD5" : "SHA-256";
    const challenge = (stale: string): Said => ({
      ...{ status: 401, body: "" },
      headers: {
        "WWW-Authenticate":
          this.wants === "basic"
            ? 'Basic realm="cam"'
            : `Digest realm="cam", qop="auth", nonce="${this.nonce}", algorithm=${algorithm}${stale}`,
      },
    });
    if (authorization === "") return challenge("");
    const part = (key: string) => new RegExp(`[ ,]${key}="?([^",]*)`).exec(authorization)?.[1] ?? "";
    const hash = (said: string) => createHash(name).update(said).digest("hex");
    const ha1 = hash(`${this.user}:cam:${this.password}`);
    const [nonce, nc] = [part("nonce"), part("nc")];
    const right = hash(`${ha1}:${nonce}:${nc}:${part("cnonce")}:auth:${hash(`POST:${path}`)}`);
    if (part("response") !== right) return refuse(challenge(""));
    if (nonce !== this.nonce) return challenge(this.stale ? ", stale=true" : "");
    if (Number.parseInt(nc, 16) <= (this.#counts.get(nonce) ?? 0)) return refuse(challenge(""));
    this.#counts.set(nonce, Number.parseInt(nc, 16));
    return null;
  }

  #tokenIsRight(text: string): boolean {
    const [, nonce = ""] = /<w:Nonce[^>]*>([^<]*)/.exec(text) ?? [];
    const [, created = ""] = /<u:Created>([^<]*)/.exec(text) ?? [];
    const [, digest = ""] = /#PasswordDigest">([^<]*)/.exec(text) ?? [];
    const right = createHash("sha1")
      .update(Buffer.concat([Buffer.from(nonce, "base64"), Buffer.from(created + this.password)]))
      .digest("base64");
    const isNew = !this.#tokens.has(nonce);
    this.#tokens.add(nonce);
    return (
      isNew && digest === right && Math.abs(Date.parse(created) - this.clockMs - this.elapsedMs()) <= 5000
    );
  }

  #usual({ operation, path }: Heard): Said | null {
    const at = this.named === "" ? `http://127.0.0.1:${this.port}` : this.named;
    const say = (inner: string): Said => ({
      body: envelope(
        `<x:${operation}Response xmlns:x="urn:x" xmlns:tt="urn:tt" xmlns:wsnt="urn:w">${inner}</x:${operation}Response>`,
      ),
    });
    const times = `<wsnt:CurrentTime>2001-01-01T00:00:00Z</wsnt:CurrentTime><wsnt:TerminationTime>2001-01-01T00:01:00Z</wsnt:TerminationTime>`;
    switch (operation) {
      case "GetSystemDateAndTime":
        return say(`<x:SystemDateAndTime>${timeAt(this.clockMs + this.elapsedMs())}</x:SystemDateAndTime>`);
      case "GetDeviceInformation":
        return say(
          `<x:Manufacturer>HIKVISION</x:Manufacturer><x:Model>DS-2CD</x:Model><x:FirmwareVersion>V5.5</x:FirmwareVersion><x:SerialNumber>${this.serial}</x:SerialNumber>`,
        );
      case "GetCapabilities":
        return say(
          `<x:Capabilities><tt:Device><tt:XAddr>${at}/onvif/device_service</tt:XAddr></tt:Device><tt:Events><tt:XAddr>${at}/onvif/Events</tt:XAddr></tt:Events><tt:Media><tt:XAddr>${at}/onvif/Media</tt:XAddr></tt:Media></x:Capabilities>`,
        );
      case "GetProfiles":
        return say(
          '<x:Profiles token="Audio"/><x:Profiles token="P1"><tt:VideoEncoderConfiguration/></x:Profiles>',
        );
      case "GetStreamUri":
        return say("<x:MediaUri><tt:Uri>\nrtsp://127.0.0.1:554/101\n</tt:Uri></x:MediaUri>");
      case "GetSnapshotUri":
        return say("<x:MediaUri><tt:Uri>http://127.0.0.1/snap.jpg</tt:Uri></x:MediaUri>");
      case "CreatePullPointSubscription": {
        this.subscriptions += 1;
        const own = `/sub/${this.subscriptions}`;
        this.alive.add(own);
        return say(
          `<x:SubscriptionReference><x:Address>${at}${own}</x:Address></x:SubscriptionReference>${times}`,
        );
      }
      case "PullMessages":
        return this.alive.has(path)
          ? say(`${times}${this.events.splice(0).join("")}`)
          : faultOf("ResourceUnknown");
      case "Renew":
        return this.alive.has(path) ? say(times) : faultOf("ResourceUnknown");
      case "Unsubscribe":
        this.alive.delete(path);
        return say("");
      default:
        return faultOf("ActionNotSupported");
    }
  }
}
