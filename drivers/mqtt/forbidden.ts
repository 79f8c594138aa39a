/**
 * What never passes the driver border (data level 9): biometrics, pictures, names, identity numbers,
 * telephone numbers, and anything that could hide them (blobs, vectors). Pure.
 *
 * A plain `name` is not refused by its name: nearly every device has one for itself.
 */
import { maxTextLength } from "../../config/schema/vocabulary.ts";
import { printPath } from "./path.ts";

/** Whole words of a member's name, after splitting at case, digits and punctuation. */
const words = new Set(
  (
    "face faces facial fingerprint fingerprints finger iris retina palmprint palm vein voice voices voiceprint " +
    "biometric biometrics photo photos picture pictures pic pics image images img imgs jpeg jpg png snapshot " +
    "portrait avatar selfie idcard idno idnumber ssn passport phone telephone tel mobile cellphone " +
    "realname fullname surname firstname lastname nickname username personname studentname teachername parentname " +
    "guardianname cardholder xingming shoujihao shenfenzheng renlian zhiwen"
  ).split(" "),
);

/** Words glued together in lower case: `faceimage`, `fingerprinttemplate`, `userphoto`. */
const glued =
  /^(?:user|person|student|teacher|staff|visitor)?(?:face|finger|fingerprint|iris|palm|voice|photo|picture|image)(?:id|img|image|pic|photo|print|data|feature|template|token|vector|embedding|base|url|code|hash|info)s?$/;

/** Neighbouring words that only together say it. */
const pairs =
  /\b(?:id (?:card|number|no|photo)|(?:real|full|first|last|nick|family|given|user|person|people|student|pupil|teacher|staff|parent|guardian|visitor|holder|owner|child) name|name of (?:person|student|pupil|teacher|parent|guardian|visitor)|card holder|cell phone|finger print|voice print|feature vector)\b/;

const chinese =
  /人脸|面部|脸部|面容|指纹|掌纹|掌静脉|虹膜|声纹|语音|录音|照片|相片|图片|图像|头像|抓拍|姓名|名字|身份证|证件号|手机|电话|生物特征|人臉|指紋|聲紋|圖片|圖像|頭像|電話|手機/;

/** Names come back with every message; what was judged is kept, in two generations of so many. */
let judged = new Map<string, boolean>();
let before: ReadonlyMap<string, boolean> = new Map();
const maxJudged = 2000;

/** True iff a member's name says that its value is personal data of level 9. */
export function isForbiddenName(name: string): boolean {
  const known = judged.get(name);
  if (known !== undefined) return known;
  const forbidden = before.get(name) ?? judge(name);
  if (judged.size >= maxJudged) {
    before = judged;
    judged = new Map();
  }
  if (name.length <= 64) judged.set(name, forbidden);
  return forbidden;
}

function judge(name: string): boolean {
  if (chinese.test(name)) return true;
  const split = name
    .slice(0, 256)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  return (
    split.some((word) => words.has(word) || glued.test(word)) ||
    words.has(split.join("")) ||
    pairs.test(split.join(" "))
  );
}

/** Characters without a break from which on a token is taken for encoded bytes. A SHA-256 in hex has 64. */
const blobLength = 96;
/** Numbers in a row from which on a list is taken for a feature vector. */
const vectorLength = 64;
/** Deepest nesting of a payload. */
export const maxDepth = 32;

/** True iff a text could carry a picture or a template: data URI, long text, long unbroken base64 or hex. */
export function isBlob(text: string): boolean {
  if (text.length > maxTextLength) return true;
  if (/^\s*data:[^,]{0,100},/i.test(text)) return true;
  return text.length >= blobLength && /^[A-Za-z0-9+/_=-]+$/.test(text.replace(/[\r\n]/g, ""));
}

const isVector = (list: readonly unknown[]) =>
  list.length >= vectorLength && list.every((item) => typeof item === "number");

/**
 * Looks through a whole document.
 * @param exempt printed paths whose text will leave as a keyed digest: only their name is judged
 * @returns the path of the first forbidden member, or null; `deep` when it nests deeper than `maxDepth`
 */
export function findForbidden(
  document: unknown,
  exempt: ReadonlySet<string>,
): { deep: boolean; path: string | null } {
  const trail: string[] = [];
  let deep = false;
  const visit = (value: unknown): boolean => {
    if (typeof value === "string") return isBlob(value) && !exempt.has(printPath(trail));
    if (typeof value !== "object" || value === null) return false;
    if (trail.length >= maxDepth) {
      deep = true;
      return true;
    }
    if (Array.isArray(value)) {
      if (isVector(value)) return true;
      return value.some((item, index) => step(String(index), item));
    }
    for (const name in value) {
      const member = (value as Record<string, unknown>)[name];
      if (member !== null && isForbiddenName(name)) {
        trail.push(name);
        return true;
      }
      if (typeof member !== "number" && step(name, member)) return true;
    }
    return false;
  };
  const step = (name: string, value: unknown): boolean => {
    trail.push(name);
    if (visit(value)) return true;
    trail.pop();
    return false;
  };
  return visit(document) && !deep ? { deep, path: shown(trail) } : { deep, path: null };
}

/** A path fit for a message: names only, bounded, since a name itself may be hostile. */
function shown(trail: readonly string[]): string {
  const path = printPath(trail.map((name) => (name.length > 32 ? `${name.slice(0, 32)}…` : name)));
  return path.replace(/[\p{Cc}\p{Cf}]/gu, "?").slice(0, 120) || "(whole payload)";
}
