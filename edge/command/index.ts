export { allowed } from "./arguments.ts";
export { type Answer, Commander, type CommanderParts, type LocalCommand, type Order } from "./commander.ts";
export { commandPoint } from "./record.ts";
