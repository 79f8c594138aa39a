/** A serial server that somebody sets to Modbus gateway, and one that only seems to be set so. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { hasCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Job } from "../../../drivers/contract/index.ts";
import { gatewayQuestion } from "../../../drivers/modbus/gateway-question.ts";
import { modbusRtuDriver } from "../../../drivers/modbus/index.ts";
import type { Read } from "../../../drivers/modbus/pdu.ts";
import { FarEnd, until } from "../line/far-end.ts";
import { answerOf, dataOf, parse } from "./slaves.ts";
import { linkTo, only, passing, rtuDevice, rtuJobs, world } from "./world.ts";

const never = new AbortController().signal;
const unit = 7;
const read = (count: number, fc: Read["fc"] = 3, address = 0): Read => ({ kind: "read", fc, address, count });

/** As a gateway answers: the question's number, and what its unit says. */
const mbap = (asked: Uint8Array, pdu: readonly number[]) =>
  Uint8Array.of(asked[0] ?? 0, asked[1] ?? 0, 0, 0, 0, pdu.length + 1, asked[6] ?? 0, ...pdu);
const dataFor = (request: Read) => {
  const data = dataOf({ unit, ...request });
  return [request.fc, data.length, ...data];
};

describe("the question that only a gateway answers", () => {
  it.each([read(2), read(125), read(17, 1, 0x0300), read(2000, 2)])(
    "is answered by data, by an exception, and by nothing else: %j",
    (request) => {
      const { sent, judge } = gatewayQuestion(unit, request);
      expect(hasCrc16(sent)).toBe(false);
      expect(judge(mbap(sent, dataFor(request)))).toEqual({ answer: true });
      expect(judge(mbap(sent, [request.fc | 0x80, 11]))).toEqual({ answer: true });
      const good = mbap(sent, dataFor(request));
      const other = (at: number) => good.map((byte, index) => (index === at ? byte ^ 1 : byte));
      // Its number, protocol, length, unit, function and byte count.
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8])
        expect(judge(other(at)), `${at}`).not.toHaveProperty("answer");
    },
  );

  it.each([read(2), read(17, 1, 0x0300), read(24, 2, 0x03ff)])(
    "is not answered by an adapter that gives it back, whatever follows: %j",
    (request) => {
      const { sent, judge } = gatewayQuestion(unit, request);
      for (let length = 0; length <= sent.length; length++)
        expect(judge(sent.slice(0, length))).not.toHaveProperty("answer");
      expect(judge(Uint8Array.of(...sent, ...sent))).not.toHaveProperty("answer");
    },
  );
});

const ends: FarEnd[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end.close()));
});

/** One device behind a serial server, whose mode may be changed. */
async function school() {
  const { clock, context } = world();
  const end = await FarEnd.listen();
  ends.push(end);
  const questions: Uint8Array[] = [];
  const modes = {
    transparent(bytes: Uint8Array, socket: Socket) {
      const taken = parse(bytes);
      if (taken !== null) socket.write(Uint8Array.from(answerOf(taken)));
    },
    gateway(bytes: Uint8Array, socket: Socket) {
      if (hasCrc16(bytes)) return;
      questions.push(bytes);
      // It gives the right values, which are not taken all the same.
      socket.write(mbap(bytes, dataFor(read(4))));
    },
    dead() {},
  };
  end.onData = modes.transparent;
  const session = await modbusRtuDriver.open(linkTo(end.port), [], context, never);
  const points = { a: { address: "0" }, b: { address: "3" } };
  const job: Job = only(rtuJobs(linkTo(end.port), [rtuDevice("air", points, { unit, answer: "20ms" })]));
  const turn = async () => {
    const ran = session.run?.(job, never);
    if (ran === undefined) throw new Error("it is not polled");
    const { samples, faults } = (await passing(clock, ran, 2)).reading;
    return samples.length > 0 ? samples.length : faults[0]?.code;
  };
  return { clock, end, modes, questions, session, turn };
}

describe("a serial server that was set to gateway", () => {
  it("is told by one answer within half a minute of silence, and nothing is taken from it", async () => {
    const { clock, end, modes, questions, session, turn } = await school();
    expect(await turn()).toBe(2);
    end.onData = modes.gateway;
    const begun = clock.monotonicMs();
    let said: unknown;
    while (said !== "line.gateway-proved") {
      said = await turn();
      expect(["modbus.silent", "line.gateway-proved"]).toContain(said);
      await clock.advance(5_000);
      await until(() => end.sockets.size === 1);
    }
    expect(clock.monotonicMs() - begun).toBeLessThan(30_000);
    expect(questions).toHaveLength(1);
    // It goes on being asked so, also after it was too slow for once.
    end.onData = modes.dead;
    expect(await turn()).toBe("modbus.silent");
    end.onData = modes.gateway;
    expect(await turn()).toBe("line.gateway-proved");
    expect(await turn()).toBe("line.gateway-proved");
    end.onData = modes.transparent;
    expect(await turn()).toBe(2);
    await session.close();
  });

  it("is asked at once when it answers a plain request as one", async () => {
    const { end, modes, session, turn } = await school();
    await turn();
    end.onData = (bytes, socket) => {
      if (hasCrc16(bytes)) socket.write(Uint8Array.of(unit, 3, 0, 0, 0, 3, bytes[6] ?? 0, 0x83, 1));
      else modes.gateway(bytes, socket);
    };
    expect(await turn()).toBe("line.gateway");
    await until(() => end.connections === 2 && end.sockets.size === 1);
    expect(await turn()).toBe("line.gateway-proved");
    await session.close();
  });
});

describe("a plain line", () => {
  it.each([
    ["is dead", () => {}],
    ["gives everything back", (bytes: Uint8Array, socket: Socket) => socket.write(bytes)],
  ] as const)("that %s is never called a gateway, and is back at once", async (_, onData) => {
    const { clock, end, modes, session, turn } = await school();
    expect(await turn()).toBe(2);
    end.onData = onData;
    for (let time = 0; time < 12; time++) {
      expect(await turn()).not.toMatch(/gateway/);
      await clock.advance(5_000);
      await until(() => end.sockets.size === 1);
    }
    end.onData = modes.transparent;
    expect(await turn()).toBe(2);
    await session.close();
  });
});
