/**
 * A command: the requests that it is for its device, and what they came to.
 */
import type { Done, Fault, Session } from "../contract/index.ts";
import { requestsOf } from "./action.ts";
import { type ModbusFaultCode, modbusFault } from "./faults.ts";
import type { ModbusAddress, ModbusDevice } from "./fields.ts";
import type { Needs, Written } from "./outcome.ts";
import type { Write } from "./pdu.ts";

/** By id. */
export type Devices = ReadonlyMap<string, ModbusDevice>;

export const devicesOf = (devices: readonly ModbusDevice[]): Devices =>
  new Map(devices.map((device) => [device.id, device]));

export type Order = Parameters<NonNullable<Session["command"]>>[0];

/** What is asked of whom; a fault: nothing can be. */
export function orderOf(
  devices: Devices,
  { device: id, action: name, args }: Order,
): { unit: number; requests: Write[]; needs: Needs; address: ModbusAddress } | { fault: Fault } {
  const device = devices.get(id);
  const action =
    device !== undefined && Object.hasOwn(device.actions, name) ? device.actions[name] : undefined;
  if (device === undefined || action === undefined) return { fault: modbusFault("modbus.no-action") };
  const { address, profile } = device;
  const requests = requestsOf(action, profile, args);
  if (!Array.isArray(requests)) return { fault: requests };
  const needs = { answerMs: address.answer ?? profile.answerMs, pauseMs: profile.pauseMs };
  return { unit: address.unit, requests, needs, address };
}

/** The device has it and takes its time (exception 5). */
const taken: ModbusFaultCode = "modbus.acknowledge";
/** A gateway handed it on and heard nothing (exception 11): the device may have done it. */
const handedOn: ModbusFaultCode = "modbus.gateway-target";

export const failed = (fault: Fault): Done => ({ state: "failed", readBack: [], fault });

/**
 * Writes one after the other, and stops at the first that was not done. Of several it has failed only when nothing
 * was written: with a part of it done, nobody knows what the device makes of it.
 * @param write sends one of them, once
 * @throws what `write` throws
 */
export async function carryOut(
  unit: number,
  requests: readonly Write[],
  write: (request: Write) => Promise<Written>,
): Promise<Done> {
  for (const [index, request] of requests.entries()) {
    const written = await write(request);
    if ("done" in written || ("refusal" in written && written.refusal === taken)) continue;
    const fault = "fault" in written ? written.fault : modbusFault(written.refusal, { facts: { unit } });
    const isRefused = "refusal" in written ? written.refusal !== handedOn : !written.sent;
    return { state: isRefused && index === 0 ? "failed" : "unknown", readBack: [], fault };
  }
  return { state: "done", readBack: [] };
}
