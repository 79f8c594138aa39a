/**
 * Whether a secret is still the one in use: files of secrets are no part of a revision, and a new password must
 * count as a change.
 *
 * Never holds a secret: a digest keyed with random bytes of this process, and its name.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Plan } from "../../config/schema/plan.ts";
import { SecretRef } from "../../config/schema/scalar.ts";

/** Digest by name of secret; null: it cannot be read. */
export type SecretDigests = ReadonlyMap<string, string | null>;

const key = randomBytes(32);
/** Configured values are shallow; a circle ends here. */
const maxDepth = 32;

/** Of every secret that links, devices and uplinks of the plan name. */
export function digestSecrets(plan: Plan): SecretDigests {
  const names = new Set<string>();
  const note = (name: string) => void names.add(name);
  for (const { settings, devices } of plan.links) {
    eachSecret(settings, note);
    eachSecret(devices, note);
  }
  for (const { settings } of plan.uplinks) eachSecret(settings, note);
  return new Map([...names].map((name) => [name, digest(plan, name)]));
}

/** Names that both know, with another content. */
export function renewedSecrets(before: SecretDigests, after: SecretDigests): Set<string> {
  return new Set(
    [...after].flatMap(([name, now]) => (before.has(name) && before.get(name) !== now ? [name] : [])),
  );
}

/** Some secret that `value` names is among `renewed`. */
export function renewedIn(value: unknown, renewed: ReadonlySet<string>): boolean {
  let found = false;
  if (renewed.size > 0)
    eachSecret(value, (name) => {
      found ||= renewed.has(name);
    });
  return found;
}

function digest(plan: Plan, name: string): string | null {
  try {
    const bytes = plan.secret(name);
    const text = createHmac("sha256", key).update(bytes).digest("base64url");
    bytes.fill(0);
    return text;
  } catch {
    return null;
  }
}

function eachSecret(value: unknown, note: (name: string) => void, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > maxDepth) return;
  if (value instanceof SecretRef) note(value.name);
  else if (value instanceof Map) for (const item of value.values()) eachSecret(item, note, depth + 1);
  else if (!ArrayBuffer.isView(value))
    for (const item of Object.values(value)) eachSecret(item, note, depth + 1);
}
