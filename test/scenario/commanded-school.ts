/**
 * A school of everything that can be told what to do, one of each in a room of its own, in virtual time; and a platform
 * with a key that tells it, over MQTT, and takes the answers.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { type Command, type CommandAnswer, commandAnswerSchema } from "../../config/schema/command.ts";
import { modbusDevice } from "../../simulator/devices/modbus-map.ts";
import { relayBoard } from "../../simulator/devices/modbus-relays.ts";
import { ModbusTcpServer } from "../../simulator/links/modbus-tcp.ts";
import { stored } from "../../simulator/modbus/bank.ts";
import type { ModbusSlave } from "../../simulator/modbus/slave.ts";
import type { ModelName } from "../../simulator/scenes/models.ts";
import { sceneSchema } from "../../simulator/scenes/scene-schema.ts";
import { ScriptedBroker } from "../unit/uplink/scripted-broker.ts";
import { commandedRooms, Moves } from "./commanded-rooms.ts";
import { VirtualSchool } from "./virtual-school.ts";

/** Room and name of each model of a scene; the last three hang on one RS-485 line. */
export const models = {
  "101-pjlink": "pjlink-projector",
  "102-laser": "pjlink-laser",
  "103-samsung": "samsung-mdc",
  "104-samsung-tcp": "samsung-mdc-tcp",
  "105-lg": "lg-rs232",
  "106-nec": "nec-display",
  "107-nec-tcp": "nec-display-tcp",
  "108-epson": "epson-escvp21",
  "109-epson-tcp": "epson-escvp21-tcp",
  "110-hisense": "hisense-bm",
  "111-hisense-tcp": "hisense-dm-tcp",
  "112-benq": "benq-display",
  "113-hex": "hex-panel",
  "114-hex-tcp": "hex-panel-tcp",
  "115-zhonghong": "zhonghong-ac",
  "116-zhonghong-serial": "zhonghong-ac-serial",
  "117-onokom": "onokom-air-ac",
  "118-ir": "ir-ac-modbus",
  "119-relay": "waveshare-relay-8",
} as const satisfies Record<string, ModelName>;

const units: Record<string, string> = { "117-onokom": "1", "118-ir": "31", "119-relay": "61" };

const scene = (every: string) =>
  sceneSchema.parse({
    school: { id: "2133000001" },
    floors: [{ floor: "1", rooms: "101..119" }],
    devices: Object.entries(models).map(([id, model]) => ({
      name: id.slice(4),
      model,
      in: [id.slice(0, 3)],
      every,
      ...(units[id] === undefined ? {} : { unit: units[id] }),
    })),
  });

const pair = generateKeyPairSync("ed25519");
const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");
const stranger = generateKeyPairSync("ed25519");

/** A dimming gateway as an installer writes it down: percent in one register, K in the next. */
const dimmer = () =>
  modbusDevice({ unit: 2 }, { abilities: { functions: [3, 6] } }, (bank) =>
    bank.add(stored("holding", 0, 0), stored("holding", 1, 4000)),
  );

export interface Told {
  device: string;
  action: string;
  args?: Command["args"];
}

export class CommandedSchool {
  readonly moves = new Moves();
  readonly broker = new ScriptedBroker();
  virtual!: VirtualSchool;
  /** All answers of a request, by its id. */
  readonly answers = new Map<string, CommandAnswer[]>();
  /** Answers to what nobody can be held to. */
  readonly refusals: CommandAnswer[] = [];
  readonly #boxes: { id: string; slave: ModbusSlave; line: string }[];
  /** What the boxes hang behind. */
  server!: ModbusTcpServer;
  #looked = 0;
  #requests = 0;

  constructor() {
    const at = { space: 101 };
    const relays = relayBoard("r421a08", { unit: 1 });
    this.#boxes = [
      {
        ...{ id: "relays-tcp", slave: relays.slave },
        line: `profile: eletechsup-r421a08, unit: 1, space: ${at.space}`,
      },
      {
        ...{ id: "dimmer-tcp", slave: dimmer() },
        line: `profile: dimmer-modbus, unit: 2, space: ${at.space}, with: { level_at: 0, colour_at: 1, level_scale: 1, colour_scale: 1 }`,
      },
    ];
  }

  /** What has no place in a scene, by device. */
  get boxes(): ReadonlyMap<string, ModbusSlave> {
    return new Map(this.#boxes.map(({ id, slave }) => [id, slave]));
  }

  /**
   * Starts it all, and lets every device be read once.
   * @param fromMs wall ms UTC @param more of the configuration @param actions that the platform's key may ask for
   */
  async start(
    fromMs: number,
    { more = {}, actions = ["*"] }: { more?: Record<string, string>; actions?: string[] } = {},
  ) {
    await this.broker.listen();
    const files: Record<string, string> = { ...more, "secrets/ops": "ops" };
    const virtual = new VirtualSchool(scene("60s"), fromMs, (its) => commandedRooms(its, this.moves), files);
    this.virtual = virtual;
    const { clock } = virtual;
    this.server = new ModbusTcpServer({ units: this.#boxes.map(({ slave }) => slave), clock });
    await this.server.start();
    files["ops.yaml"] = `links: { boxes: { kind: modbus-tcp, port: ${this.server.port}, simulated: true } }
devices:
${this.#boxes.map(({ id, line }) => `  ${id}: { via: boxes, host: 127.0.0.1, ${line}, period: 60s }`).join("\n")}
uplinks:
  ops:
    kind: mqtt
    url: mqtt://127.0.0.1:${this.broker.port}
    insecure: true
    user: gw1
    password: secret:ops
    accepts: simulated
    confirm: broker
    commands: { ops: { key: ${publicKey}, actions: ${JSON.stringify(actions)} } }
`;
    this.moves.watch(virtual.school);
    for (const { id, slave } of this.#boxes) this.moves.watchSlave(id, slave);
    await virtual.start();
    const isReady = () => {
      const { devices } = virtual.agent.status().counts;
      const { subscribes } = this.broker;
      const listens = subscribes.some((each) =>
        each.subscriptions.some(({ topic }) => topic.endsWith("/dn/cmd")),
      );
      return devices.ok === devices.total && listens;
    };
    if (!(await virtual.until(isReady, 180_000))) throw new Error("the school does not come up");
  }

  /** Has the platform ask. @returns the request's id */
  ask(told: Told, more: Partial<Command> = {}, { retain = false, forged = false } = {}): string {
    const issued = this.virtual.clock.wallMs();
    const body: Command = {
      ...{
        v: 1,
        school: "2133000001",
        gateway: "gw1",
        req: `req-${String(++this.#requests).padStart(8, "0")}`,
      },
      ...{ args: {}, ...told, issued, expires: issued + 300_000, by: "district:zhang", why: "" },
      ...more,
    };
    const text = JSON.stringify(body);
    const key = forged ? stranger.privateKey : pair.privateKey;
    const sig = sign(null, Buffer.from(text), key).toString("base64");
    const raw = Buffer.from(JSON.stringify({ body: text, key: "ops", sig }));
    this.broker.message("edu/v1/2133000001/gw1/dn/cmd", raw, retain ? { retain } : {});
    return body.req;
  }

  /** Takes what was answered since. */
  look(): void {
    for (const { topic, payload } of this.broker.publishes.slice(this.#looked)) {
      if (!topic.endsWith("/up/ack")) continue;
      const answer = commandAnswerSchema.parse(JSON.parse(payload.toString()));
      if (answer.req === null) this.refusals.push(answer);
      else this.answers.set(answer.req, [...(this.answers.get(answer.req) ?? []), answer]);
    }
    this.#looked = this.broker.publishes.length;
  }

  /** The last answer; undefined: it is not there yet. */
  last(req: string): CommandAnswer | undefined {
    this.look();
    const answer = this.answers.get(req)?.at(-1);
    return answer?.state === "accepted" ? undefined : answer;
  }

  /** Lets time pass until all of these have a last answer. @throws when one never has */
  async ended(reqs: readonly string[], mostMs = 600_000): Promise<void> {
    const isSo = () => reqs.every((req) => this.last(req) !== undefined);
    if (!(await this.virtual.until(isSo, mostMs, 500))) throw new Error("a command has no end");
  }

  async stop(): Promise<void> {
    await this.virtual?.stop();
    await this.broker.close();
    await this.server?.stop();
  }
}
