/**
 * Test vectors of a device model: what a unit says, and the values that it means.
 *
 * Only their form is read here; run-vectors.ts shows that the driver finds those values.
 */
import { cataloguePoints } from "../catalogue/points.ts";
import type { Value } from "../schema/vocabulary.ts";
import { layersOf } from "./configured.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate } from "./locate.ts";
import { type Options, optionValues, type Values } from "./options.ts";
import { plain } from "./plain.ts";
import { profileShape, type VectorShape } from "./shape/profile.ts";
import type { Mapping, Scalar } from "./tree.ts";

export interface Vector {
  name: string;
  /** Values of all options. */
  values: Values;
  topic?: string;
  /** What it was asked; absent: it speaks by itself. */
  asked?: Uint8Array;
  said: Uint8Array;
  /** In the catalogue's unit; null: the point is there and has no value. Points that are not named have none. */
  expect: ReadonlyMap<string, Value>;
}

/** @returns null: something is wrong, told */
export function readVectors(
  profile: { id: string; options: Options; whole: boolean; body: Mapping },
  loading: Loading,
): Vector[] | null {
  const list = profile.body.entries.get("vectors")?.value;
  if (list?.type !== "list") return [];
  const vectors: Vector[] = [];
  // Beside points that no catalogue has it cannot be said which a vector means.
  const declared = declaredPoints(profile.body);
  const judged = declared.size > 0 && [...declared].every((id) => cataloguePoints.has(id));
  let ok = true;
  for (const [index, node] of list.items.entries()) {
    // Its shape has been told with the profile's other keys.
    const { data } = profileShape.shape.vectors.unwrap().element.safeParse(plain(node));
    const vector = data === undefined || node.type !== "mapping" ? null : read(data, index, node);
    if (vector === null) ok = false;
    else vectors.push(vector);
  }
  return ok ? vectors : null;

  function read(data: VectorShape, index: number, node: Mapping): Vector | null {
    const { findings } = loading;
    const anchor: Scalar = { ...node, type: "scalar", text: "", plain: true };
    const said =
      data.bytes ?? (data.payload === undefined ? undefined : new TextEncoder().encode(data.payload));
    if (said === undefined || (data.bytes !== undefined && data.payload !== undefined)) {
      findings.error(
        "vector-says",
        node,
        { zh: "测试向量要有 payload 或 bytes，只要一个", en: "a vector has either payload or bytes" },
        {
          zh: "文字协议写 payload，字节协议写 bytes",
          en: "write payload for text, bytes for binary protocols",
        },
      );
      return null;
    }
    if (data.asked !== undefined && data.bytes === undefined) {
      findings.error(
        "vector-says",
        node,
        { zh: "asked 后面要有应答的 bytes", en: "asked needs the bytes of the answer" },
        { zh: "加上 bytes: 应答的十六进制", en: "add bytes: what was answered, in hexadecimal" },
      );
      return null;
    }
    const values = optionValues(profile, data.with ?? {}, node, anchor, loading);
    const expect = new Map<string, Value>();
    let right = values !== null;
    for (const [id, written] of Object.entries(data.expect)) {
      const { node: at, holder, silent } = locate(node, ["expect", id], anchor, findings);
      const point = cataloguePoints.get(id);
      if (!declared.has(id) || point === undefined) {
        right = false;
        if (!judged || silent) continue;
        findings.error(
          "unknown-point",
          holder,
          { zh: `型号 ${profile.id} 没有测点 “${id}”`, en: `the profile ${profile.id} has no point "${id}"` },
          () =>
            suggest(
              id,
              [...declared],
              { zh: "测点", en: "points" },
              { has: (other) => Object.hasOwn(data.expect, other) },
            ),
        );
        continue;
      }
      const value = meaning(written, point.type);
      if (value !== undefined) expect.set(id, value);
      else {
        right = false;
        findings.error(
          "bad-value",
          at ?? holder,
          { zh: `“${written}” 不是 ${id} 的值`, en: `"${written}" is no value of ${id}` },
          point.type === "number"
            ? {
                zh: "写普通小数（目录的单位），没有值写 null",
                en: "write a plain decimal in the catalogue's unit, or null",
              }
            : { zh: "写 true、false 或 null", en: "write true, false or null" },
        );
      }
    }
    if (!right || values === null) return null;
    return {
      name: data.name ?? String(index + 1),
      values,
      ...(data.topic === undefined ? {} : { topic: data.topic }),
      ...(data.asked === undefined ? {} : { asked: data.asked }),
      said,
      expect,
    };
  }
}

/** Names of all points that are written, also of those that are wrong. */
const declaredPoints = (body: Mapping): Set<string> =>
  new Set(
    layersOf(body).flatMap((layer) => {
      const points = layer.entries.get("points")?.value;
      return points?.type === "mapping" ? [...points.entries.keys()] : [];
    }),
  );

function meaning(written: string, type: "number" | "boolean" | "text"): Value | undefined {
  if (written === "null") return null;
  if (type === "text") return written;
  if (type === "boolean") return written === "true" ? true : written === "false" ? false : undefined;
  return /^[+-]?\d+(?:\.\d+)?$/.test(written) ? Number(written) : undefined;
}
