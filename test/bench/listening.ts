import type { Server } from "node:net";

/** Listens on loopback at `at` (0: a free port), and gives the port. */
export function listening(server: Server, at = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}
