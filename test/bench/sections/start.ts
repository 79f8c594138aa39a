/**
 * From the start of the program to the first record that the platform has confirmed, and to the first message of a
 * device that keeps trying to connect. The data folder is new.
 */
import { freePort } from "../../scenario/school-folder.ts";
import type { Section } from "../bench.ts";
import { builtFile } from "../built-file.ts";
import { startPart, startProgram } from "../calls.ts";
import type { DevicesCalls } from "../devices.ts";
import { whileRunning } from "../ending.ts";
import type { Figure } from "../figures.ts";
import { now } from "../moment.ts";
import type { ReceiverCalls } from "../receiver.ts";
import { benchSchool } from "../school.ts";

const program = builtFile("../../../edge/cli/main.ts", import.meta.url);

export const section: Section = async ({ quick, figures, say }) => {
  for (let round = 1; round <= (quick ? 2 : 5); round++) {
    const { recordMs, messageMs } = await first();
    const note = (figure: Pick<Figure, "name" | "aim">, value: number) =>
      figures.note("start", { unit: "ms", decimals: 0, ...figure }, "campus-edge", value);
    note({ name: "first confirmed record", aim: { atMost: 1000 } }, recordMs);
    note({ name: "first confirmed message of a device" }, messageMs);
    say(
      `start: first confirmed record after ${recordMs.toFixed(0)} ms, of a device ${messageMs.toFixed(0)} ms`,
    );
  }
};

/** Starts the program on a new data folder, between a receiver and one device that are there before it. */
async function first(): Promise<{ recordMs: number; messageMs: number }> {
  const origin = now();
  const receiver = startPart<ReceiverCalls>("./receiver.ts");
  const devices = startPart<DevicesCalls>("./devices.ts");
  try {
    const port = await freePort();
    const north = await receiver.ask("listen", { origin });
    const school = benchSchool({ devices: 50, receiver: north, ackMs: 100, port });
    const forget = whileRunning(() => school.remove());
    await devices.ask("count");
    const begun = now();
    const gateway = startProgram(program, ["run", "--json", "--config", school.config]);
    try {
      const message = devices
        .ask("connect", { port, count: 1, origin, patienceMs: 20_000 })
        .then(() => devices.ask("flood", { window: 1, allowed: 1 }))
        .then(() => receiver.ask("messages", 1));
      const [record, arrived] = await Promise.all([receiver.ask("rows", 1), message]);
      return { recordMs: record.at - begun, messageMs: arrived.at - begun };
    } finally {
      await gateway.stop();
      school.remove();
      forget();
    }
  } finally {
    await Promise.all([receiver.end(), devices.end()]);
  }
}
