/** A word of a command as a POSIX shell takes it: quoted where it has characters that the shell would read. */
export function shellWord(word: string): string {
  return /^[\w./=,:+%@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
