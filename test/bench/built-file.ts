/** Path of a module beside `from` (its import.meta.url): of its source, or of what was built of it. */
export function builtFile(file: string, from: string): string {
  return new URL(from.endsWith(".ts") ? file : file.replace(/\.ts$/, ".js"), from).pathname;
}
