/**
 * The HTTPS uplink: batches to a platform as requests, receipts as their answers. Opens, sends, closes.
 *
 * There is no lasting connection. `open` proves the way with `GET {url}/schools/{school}/gateways/{gateway}` and the
 * credential: name, connection, certificate and credential are right when anything is answered but 401, 403 or a
 * redirect. What the path holds is not looked at, so a platform need not have it.
 */
import { type Uplink, type UplinkContext, UplinkError } from "../../contract/index.ts";
import { trustOf } from "../dial.ts";
import { optionalSecret, withoutLineEnd } from "../secrets.ts";
import { exchange } from "./exchange.ts";
import { type HttpsUplinkSettings, httpsUplinkKind } from "./schema.ts";
import { HttpsSession } from "./session.ts";
import { closedTo } from "./verdict.ts";
import { Way } from "./way.ts";

/** Each is a connection of its own; the forwarder needs three to keep one for alarms. */
const window = 4;

export const httpsUplink: Uplink<HttpsUplinkSettings> = {
  ...httpsUplinkKind,
  async open(settings, context, signal) {
    const { clock, school, gateway } = context;
    const authorization = `Bearer ${token(settings, context)}`;
    const trust = trustOf(optionalSecret(context, settings.ca), optionalSecret(context, settings.cert));
    const path = `${settings.url.path}/schools/${encodeURIComponent(school)}/gateways/${encodeURIComponent(gateway)}`;
    const way = new Way({ url: settings.url, trust, proxy: proxyOf(settings, context), clock, most: window });
    try {
      const answer = await exchange(way, { method: "GET", path, headers: { authorization } }, clock, signal);
      const fault = closedTo(answer);
      if (fault !== null) throw fault;
    } catch (error) {
      way.close();
      throw error;
    }
    return new HttpsSession({ way, path, authorization, compress: settings.compress, context, window });
  },
};

/** The credential; what no header can carry is told before it is tried. */
function token({ credential }: HttpsUplinkSettings, context: UplinkContext): string {
  const text = withoutLineEnd(optionalSecret(context, credential) ?? Buffer.alloc(0)).toString("latin1");
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const detail = `the secret ${credential.name} is no token: one line of ASCII without spaces`;
  throw new UplinkError("secret", "never", detail);
}

function proxyOf({ proxy, proxyUser, proxyPassword }: HttpsUplinkSettings, context: UplinkContext) {
  if (proxy === undefined) return undefined;
  const password = optionalSecret(context, proxyPassword);
  if (password === undefined) return proxy;
  const pair = Buffer.concat([Buffer.from(`${proxyUser}:`), withoutLineEnd(password)]);
  return { ...proxy, authorization: `Basic ${pair.toString("base64")}` };
}
