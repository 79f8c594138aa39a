/**
 * Who a connection is: the judgement of its CONNECT.
 *
 * Holds:
 * - a client id belongs to the credential that uses it, from the judgement on until that connection ends;
 * - the id or user of a configured device is nobody else's client id, whether it is there or not;
 * - a credential has at most `maxEach` connections: beyond it, its own oldest one ends.
 */
import type { DevicePlan } from "../contract/index.ts";
import { type Refusal, ReturnCode } from "./broker.ts";
import { type Connection, usableClientId } from "./connection.ts";
import type { Access, Credentials } from "./credentials.ts";
import { type MqttFaultCode, mqttFault } from "./faults.ts";

export type Judgement = { access: Access } | { code: MqttFaultCode; answer: Refusal };

/** Connections of one credential: a device that lost power leaves some behind, which nobody closes. */
const maxEach = 8;

export class Admission {
  #credentials: Credentials;
  /** Client ids and who has them. */
  readonly #claims = new Map<string, Connection>();
  /** By user, oldest first. */
  readonly #byUser = new Map<string, Set<Connection>>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /**
   * Judges a login; what is let in holds its client id from now on.
   * @param client the id that the connection goes by: its own, or one given to it
   */
  login(connection: Connection, client: string, user?: string, password?: Uint8Array): Judgement {
    const { given, clean } = connection;
    // MQTT-3.1.3-8: no id needs a clean session.
    if ((given === "" && !clean) || !usableClientId(given)) {
      return { code: "mqtt.client-id", answer: ReturnCode.identifierRejected };
    }
    const access = this.#credentials.login(user, password);
    if (access === null) {
      const answer = user === undefined ? ReturnCode.notAuthorized : ReturnCode.badCredential;
      return { code: "mqtt.credential", answer };
    }
    if (connection.will !== null && !access.mayLeave(connection.will)) {
      return { code: "mqtt.will", answer: ReturnCode.notAuthorized };
    }
    const holder = this.#claims.get(client);
    const isOthers =
      this.#credentials.isAnothers(client, access) ||
      (holder !== undefined && holder.access?.user !== access.user);
    if (isOthers) return { code: "mqtt.takeover", answer: ReturnCode.identifierRejected };
    if (holder !== undefined) holder.reason ??= mqttFault("mqtt.replaced");
    this.#claims.set(client, connection);
    connection.client = client;
    connection.session = `${encodeURIComponent(access.user ?? "")}/${client}`;
    connection.access = access;
    if (access.user !== undefined) this.#count(connection, access.user);
    return { access };
  }

  #count(connection: Connection, user: string): void {
    const all = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, all.add(connection));
    const [oldest] = all;
    if (all.size <= maxEach || oldest === undefined) return;
    all.delete(oldest);
    oldest.leave(mqttFault("mqtt.replaced"));
  }

  /** The connection ended: its client id is free, unless it has been replaced. */
  release(connection: Connection): void {
    if (this.#claims.get(connection.client) === connection) this.#claims.delete(connection.client);
    const user = connection.access?.user;
    const all = user === undefined ? undefined : this.#byUser.get(user);
    all?.delete(connection);
    if (user !== undefined && all?.size === 0) this.#byUser.delete(user);
  }

  /**
   * Other credentials from now on.
   * @returns what a connection that is in may do now; null: its credential is gone or another
   */
  replace(now: Credentials): (connection: Connection) => Access | null {
    const before = this.#credentials;
    this.#credentials = now;
    return ({ access: had }) => (had === undefined ? null : now.renewed(before, had.user));
  }

  get credentials(): Credentials {
    return this.#credentials;
  }
}

export const ids = (devices: readonly Pick<DevicePlan, "id">[]) => new Set(devices.map(({ id }) => id));
