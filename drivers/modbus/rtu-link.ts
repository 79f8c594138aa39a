/** What a link of Modbus RTU is to those who use its line. Pure. */
import { serialLineName } from "../line/fields.ts";
import type { RtuLink } from "./fields.ts";
import type { Way } from "./patience.ts";

/** The line of a link of RTU: all its devices share it. */
export const rtuLine: (link: RtuLink) => string = serialLineName;

export const wayOf = (link: RtuLink): Way => ("device" in link ? "port" : "network");
