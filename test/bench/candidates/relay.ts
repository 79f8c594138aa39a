/** A bare relay: aedes takes each message, mqtt.js publishes it on. No disk: what it has acknowledged may be lost. */
import { createServer } from "node:net";
import { Aedes } from "aedes";
import { connectAsync } from "mqtt";
import { listening } from "../listening.ts";
import type { Open } from "./contract.ts";

export const open: Open = async ({ receiver }) => {
  const broker = await Aedes.createBroker();
  const upstream = await connectAsync(`mqtt://127.0.0.1:${receiver}`, { protocolVersion: 5 });
  broker.on("publish", ({ topic, payload }, client) => {
    if (client) upstream.publish(topic, payload as Buffer, { qos: 1 });
  });
  return { port: await listening(createServer(broker.handle)), close: () => {} };
};
