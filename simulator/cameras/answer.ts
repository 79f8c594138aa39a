/** What a camera sends back: an answer of HTTP, or bytes that are none. */
export interface Answer {
  status: number;
  /** One after the other; a name may come twice. */
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
}

/** Bytes as they go onto the connection; behind them it is closed, torn, or left as it is. */
export interface Raw {
  wire: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  behind: "end" | "tear" | "hold";
}

export type Delivery = Answer | Raw;

export const soapType = "application/soap+xml; charset=utf-8";

export const xmlAnswer = (text: string, status = 200, headers: Answer["headers"] = []): Answer => ({
  status,
  headers: [["Content-Type", soapType], ...headers],
  body: Buffer.from(text),
});

export const emptyAnswer = (status: number, headers: Answer["headers"] = []): Answer => ({
  status,
  headers,
  body: new Uint8Array(),
});

/** The head as it is written, without what says how long the body is. */
export const headOf = ({ status, headers }: Answer, ...more: string[]): string =>
  [`HTTP/1.1 ${status} -`, ...headers.map((pair) => pair.join(": ")), ...more, "", ""].join("\r\n");

/** All of it. @param announced length in its head, where that is not the true one */
export const wireOf = (answer: Answer, announced = answer.body.length): Buffer =>
  Buffer.concat([Buffer.from(headOf(answer, `Content-Length: ${announced}`)), answer.body]);
