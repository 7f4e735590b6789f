/** Names that others chose, as they may stand on a page: combining marks stand on or below a letter, one on the other. */

/** No script puts more on one letter. */
const MARKS_MAX = 5

const TOWER = new RegExp(`(\\p{M}{${MARKS_MAX}})\\p{M}+`, 'gu')

/** Marks without end would be painted over the lines around, what warns people among them. */
export function fewMarks(text: string): string {
  return text.replace(TOWER, '$1')
}
