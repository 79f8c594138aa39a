/**
 * Why a broker did not let us in, or left: as an `UplinkError` that says what to do next.
 * Nothing that a broker wrote and nothing secret gets into a detail.
 */
import { UplinkError } from "../../contract/index.ts";

type Row = readonly [code: string, retry: "later" | "never", detail: string];

const version: Row = ["version", "never", "the broker does not speak MQTT 5: ask the platform"];
const clientId: Row = ["client-id", "never", "the broker refuses this client id: check clientId"];
const credential: Row = ["credential", "never", "the broker refuses user or password: check both"];
const notAuthorised: Row = [
  "not-authorised",
  "never",
  "the broker does not admit this user: check user, password and what the platform allows it",
];
const busy: Row = ["busy", "later", "the broker is busy or shutting down"];

/** Reason codes of MQTT 5, table 2-6; 1 to 5 are the return codes with which older brokers refuse. */
const reasons: Record<number, Row> = {
  1: version,
  2: clientId,
  3: busy,
  4: credential,
  5: notAuthorised,
  16: ["no-subscriber", "later", "the broker has nobody who takes this: nothing was handed over"],
  132: version,
  133: clientId,
  134: credential,
  135: notAuthorised,
  136: busy,
  137: busy,
  138: ["banned", "never", "the broker has banned this client: ask the platform"],
  139: busy,
  140: credential,
  141: ["silent", "later", "the broker heard nothing from us for too long"],
  142: ["taken-over", "later", "another connection has the same client id: no two gateways may share one"],
  149: ["too-large", "later", "the broker refuses packets of this size"],
  151: ["quota", "later", "the broker's quota for this client is used up"],
  156: ["moved", "later", "the broker points to another address, which is not followed: check url"],
  157: ["moved", "never", "the broker has moved, which is not followed: put the new address into url"],
  159: busy,
};

function row(reason: number): Row {
  return reasons[reason] ?? ["refused", "later", `the broker refuses with reason ${reason}`];
}

/** A CONNACK, SUBACK or DISCONNECT with a reason that ends the connection. */
export function reasonFault(reason: number): UplinkError {
  const [code, retry, detail] = row(reason);
  return new UplinkError(code, retry, detail);
}

/** A PUBACK that hands nothing over. Later may be better: what one topic may carry is the broker's to change. */
export function pubackFault(reason: number): UplinkError {
  const [code, , detail] = row(reason);
  return new UplinkError(code, "later", detail);
}
