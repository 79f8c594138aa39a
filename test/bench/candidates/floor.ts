/**
 * The least that anyone would write with the same libraries to do the same job: every value a row, a commit a
 * group, acknowledged when it is on disk; each message published on by mqtt.js, deleted once that is acknowledged.
 * Validates nothing, knows no record, no repeat, no receipt.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { Aedes } from "aedes";
import Database from "better-sqlite3";
import { connectAsync } from "mqtt";
import { listening } from "../listening.ts";
import type { Open } from "./contract.ts";

const groupRows = 200;
const groupMs = 100;
/** As many messages as may wait for the acknowledgement of the broker above. */
const inFlightMost = 1000;

export const open: Open = async ({ receiver, folder }) => {
  const db = new Database(join(folder, "floor.sqlite"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "CREATE TABLE value (message INTEGER, point TEXT, value REAL, PRIMARY KEY (message, point)) WITHOUT ROWID",
  );
  const insert = db.prepare("INSERT INTO value VALUES (?, ?, ?)");
  const remove = db.prepare("DELETE FROM value WHERE message <= ?");

  const upstream = await connectAsync(`mqtt://127.0.0.1:${receiver}`, { protocolVersion: 5 });
  const stored: { message: number; topic: string; payload: Buffer }[] = [];
  let inFlight = 0;
  let confirmed = 0;
  function send(): void {
    for (const { message, topic, payload } of stored.splice(0, inFlightMost - inFlight)) {
      inFlight += 1;
      upstream.publish(topic, payload, { qos: 1 }, (error) => {
        if (error) throw error;
        inFlight -= 1;
        confirmed = Math.max(confirmed, message);
        if (stored.length > 0) send();
      });
    }
  }

  let messages = 0;
  const group: { message: number; topic: string; payload: Buffer; done(): void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const write = db.transaction(() => {
    for (const { message, payload } of group) {
      const { p } = JSON.parse(payload.toString()) as { p: Record<string, number> };
      for (const point in p) insert.run(message, point, p[point]);
    }
    if (confirmed > 0) remove.run(confirmed);
  });
  function commit(): void {
    clearTimeout(timer);
    timer = undefined;
    write();
    for (const { done, ...message } of group.splice(0)) {
      done();
      stored.push(message);
    }
    send();
  }

  const broker = await Aedes.createBroker({
    authorizePublish(_client, { topic, payload }, done) {
      messages += 1;
      group.push({ message: messages, topic, payload: payload as Buffer, done });
      if (group.length >= groupRows) commit();
      else timer ??= setTimeout(commit, groupMs);
    },
  });
  return { port: await listening(createServer(broker.handle)), close: () => db.close() };
};
