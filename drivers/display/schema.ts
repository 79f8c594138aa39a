/** The kinds of link of this folder. Pure. */
export { hexSerialKind, hexTcpKind } from "./hex/schema.ts";
export { displaySerialKind, displayTcpKind } from "./panels/schema.ts";
export { pjlinkKind } from "./pjlink/schema.ts";
