/** What the settings of all uplinks say alike of an encrypted way. Pure. */
import { secret } from "../../config/schema/scalar.ts";

/** Settings that go with encryption alone, and the one that does without. */
export const trustFields = {
  ca: secret
    .optional()
    .describe("Secret with the platform's own CA certificate (PEM); absent: the public CAs are trusted"),
  cert: secret
    .optional()
    .describe(
      "Secret with this gateway's private key and certificate (PEM, both in one), if the platform asks",
    ),
};
