export { allowed } from "./arguments.ts";
export { Commander } from "./commander.ts";
export type { Answer, CommanderParts, LocalCommand, Order } from "./parts.ts";
export { commandPoint } from "./record.ts";
