import { connect } from "node:net";
import { type FarEnd, until } from "./far-end.ts";

/** Whether somebody is connected, once all who came and went have been seen. */
export async function holds(end: FarEnd): Promise<boolean> {
  const knock = connect({ host: "127.0.0.1", port: end.port });
  await until(() => knock.readyState === "open");
  const { localPort } = knock;
  const seen = () => [...end.sockets].some(({ remotePort }) => remotePort === localPort);
  await until(seen);
  knock.destroy();
  await until(() => !seen());
  return end.sockets.size > 0;
}
