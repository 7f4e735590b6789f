/** Texts in scripts of shells: whatever is in them, they are texts. */

/** For bash and zsh: nothing between single quotes means anything but the end of them. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** For fish, which knows a backslash there. */
export function quoteForFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}

/** One line, however it was written. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
