/** A text that is to be matched as it stands, within a regular expression of JavaScript or of RE2, which Envoy speaks. */
export function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}
