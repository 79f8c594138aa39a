/**
 * Why something could not be opened or was lost, whatever shape the error has: an UplinkError (code and retry),
 * a driver's error (`fault`), a Fault, a system error (code only), one of these as the cause of another, or
 * nothing at all. Pure and total; texts of errors are never repeated, only codes.
 */
export interface Loss {
  code: string;
  /** `never`: only a person or another configuration can mend it. */
  retry: "later" | "never";
}

/** Causes looked through. */
const maxDepth = 5;

/** @param otherwise code for what names none */
export function lossOf(cause: unknown, otherwise: string): Loss {
  let code: string | null = null;
  let here = cause;
  for (let depth = 0; depth < maxDepth; depth++) {
    const own = read(here, "fault") ?? here;
    const named = plainCode(read(own, "code"));
    const retry = read(own, "retry");
    // Who says whether to try again knows best what happened; a bare code is only second.
    if (named !== null && (retry === "later" || retry === "never")) return { code: named, retry };
    code ??= named;
    here = read(here, "cause");
  }
  return { code: code ?? otherwise, retry: "later" };
}

function read(from: unknown, key: string): unknown {
  if (typeof from !== "object" || from === null) return undefined;
  try {
    return (from as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** A code names a kind of fault; what does not look like one is not repeated. */
export function plainCode(code: unknown): string | null {
  return typeof code === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(code) ? code : null;
}
