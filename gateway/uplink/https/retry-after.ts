/**
 * How long a server asks us to wait (RFC 9110, 10.2.3): seconds, or a date. Pure.
 */
import type { IncomingHttpHeaders } from "node:http";

const shortestMs = 1000;
/** Whoever asks for more is asked once an hour all the same. */
const longestMs = 3_600_000;

/**
 * ms from 1 s to 1 h; null when it asks for nothing or says nothing readable.
 * @param wallMs our wall clock, used only where the server does not say what its own one shows
 */
export function retryAfterMs(headers: IncomingHttpHeaders, wallMs: number): number | null {
  const text = headers["retry-after"]?.trim();
  if (text === undefined) return null;
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : date(text) - (date(headers.date) || wallMs);
  return Number.isNaN(ms) ? null : Math.min(longestMs, Math.max(shortestMs, ms));
}

/** `Sun, 06 Nov 1994 08:49:37 GMT` → ms; NaN for anything else, also for the two obsolete forms. */
function date(text: string | undefined): number {
  const imf = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
  return text !== undefined && imf.test(text) ? Date.parse(text) : Number.NaN;
}
