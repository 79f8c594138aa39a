import { expect, it } from "vitest";
import { bufferLines, listLines } from "../../../edge/cli/buffer-lines.ts";
import { readReceipt } from "../../../gateway/uplink/receipt.ts";

it("prints nothing of a platform's reject code that moves the cursor of the technician's terminal", () => {
  const code = "\u001b[2J\u001b[1;1Hcity  0 waiting: all is well\r\n";
  const answer = {
    v: 1,
    batch: "0".repeat(64),
    taken: 0,
    rejected: [{ seq: 1, code }],
    next: null,
    at: null,
  };
  const receipt = readReceipt(Buffer.from(JSON.stringify(answer)));
  if (receipt === null) return; // Refused at the door: as good.
  const codes = [{ code, count: 1 }];
  const fates = { waiting: 0, delivered: 0, withheld: 0, quarantined: 1, lost: 0 };
  const uplink = { id: "city", ...fates, carries: false, filter: "", codes };
  const look = { v: 1, school: "1", gateway: "gw1", at: null, uplinks: [uplink] } as const;
  const journal = { bytes: 1, quotaBytes: 2 } as never;
  const lines = [
    ...bufferLines({ ...look, uplinks: [uplink] }, { journal } as never, "en"),
    ...listLines("city", { v: 1, codes, rows: [] }, "en"),
  ];
  expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
});
