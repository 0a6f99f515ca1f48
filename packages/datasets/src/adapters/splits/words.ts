/** The words of a text, in order: how long lists are kept readable in the files beside this one. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
