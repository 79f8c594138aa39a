/**
 * Why a connection could not be made, or broke: as an `UplinkError` that says what to do next.
 * Nothing that the other side wrote and nothing secret gets into a detail.
 */
import { UplinkError } from "../contract/index.ts";

/** Whom a text is about. */
export type Peer = "broker" | "platform" | "proxy";

const certificateDetails: Record<string, (peer: Peer) => string> = {
  CERT_HAS_EXPIRED: (peer) =>
    `the ${peer}'s certificate has expired (CERT_HAS_EXPIRED): check this machine's clock, then ask the platform`,
  CERT_NOT_YET_VALID: (peer) =>
    `the ${peer}'s certificate is not valid yet (CERT_NOT_YET_VALID): check this machine's clock`,
  ERR_TLS_CERT_ALTNAME_INVALID: (peer) =>
    `the ${peer}'s certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID): check url`,
  ECONNRESET: (peer) => `the ${peer} broke off the TLS handshake: check that url has its TLS port`,
};
const untrusted = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/;
const clientCertificate = /ALERT_(CERTIFICATE|BAD_CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA)/;

/** A socket failed; `stage` says how far it had come. */
export function socketFault(
  error: unknown,
  stage: "connect" | "handshake" | "open",
  peer: Peer,
): UplinkError {
  const { code = "unknown", syscall } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (peer === "proxy") {
    // Without the system's code in it: that one would be taken for the platform's.
    return new UplinkError("proxy", "later", "the proxy cannot be reached: check proxy", options);
  }
  const network = syscall !== undefined && code !== "EPROTO";
  if (stage === "connect" || network || (stage === "open" && !/SSL|TLS|CERT|EPROTO/.test(code))) {
    return stage === "open"
      ? new UplinkError("lost", "later", `the connection to the ${peer} broke (${code})`, options)
      : new UplinkError(
          "unreachable",
          "later",
          `the ${peer} cannot be reached (${code}): check url`,
          options,
        );
  }
  const detail =
    certificateDetails[code]?.(peer) ??
    (untrusted.test(code)
      ? `no trusted CA signed the ${peer}'s certificate: put the platform's CA into ca`
      : clientCertificate.test(code)
        ? `the ${peer} does not accept this gateway's certificate: check cert`
        : `the TLS handshake with the ${peer} fails (${code})`);
  return new UplinkError("tls", "later", detail, options);
}

/** The caller gave up. */
export function aborted(signal: AbortSignal): UplinkError {
  return new UplinkError("aborted", "later", "given up by the sender", { cause: signal.reason });
}
