/** A path as one word of a shell command, so that a command in a message works when it is pasted. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./\u4e00-\u9fff-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
