/** The words of a text, in order. It keeps the long lists in the files beside this one readable. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
