/** What must not outlive the benchmark: it is undone when the process ends, also by Ctrl-C. */

const undoings = new Set<() => void>();

process.once("exit", () => {
  for (const undo of [...undoings].reverse()) undo();
});
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.on(signal, () => process.exit(code));

/** @param undo runs at the end of the process at the latest; synchronous. @returns what takes that back */
export function whileRunning(undo: () => void): () => void {
  undoings.add(undo);
  return () => void undoings.delete(undo);
}
