/** Pieces of Markdown, as all generated pages write them. */

/** A table; cells may hold any text but a line break. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n')
}

/** The parts of a page, with an empty line between them. */
export function page(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

export function code(text: string): string {
  return `\`${text}\``
}

/** Words of the code, in which nothing means anything to Markdown. */
export function plain(text: string): string {
  return text.replaceAll(/[<*]/g, (sign) => (sign === '<' ? '&lt;' : `\\${sign}`))
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

export const GENERATED =
  '<!-- Made by `npm run docs` from the code. Do not edit this page: edit what it is made of. -->'
