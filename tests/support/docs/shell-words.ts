/** As much of a shell's grammar as pages use: which words follow each other in one command. */

const OPERATOR = /^(?:\|\|?|&&?|;|\(|\)|\$\(|\n)/
/** A `#` begins a comment only where a word could begin. */
const COMMENT = /^#[^\n]*/
const WORD = /^(?:'[^']*'|"(?:\\.|[^"\\])*"|\\[\s\S]|\$(?!\()|[^\s'"\\|&;()$])+/

/** Each command's words, quotation marks taken off; variables stay as they are written. */
export function toCommands(source: string): string[][] {
  const commands: string[][] = [[]]
  let rest = source.replaceAll('\\\n', ' ')
  while (rest !== '') {
    rest = rest.replace(COMMENT, '')
    const operator = OPERATOR.exec(rest)?.[0]
    const word = operator === undefined ? WORD.exec(rest)?.[0] : undefined
    if (operator !== undefined) commands.push([])
    else if (word !== undefined) commands.at(-1)?.push(unquote(word))
    rest = rest.slice((operator ?? word ?? rest.charAt(0)).length)
  }
  return commands.map(withoutAssignments).filter((words) => words.length > 0)
}

function unquote(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, single, double) => single ?? double)
}

/** `NAME=value command` is the command. */
function withoutAssignments(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !/^[A-Z][A-Z0-9_]*=/.test(word))
  return first === -1 ? [] : words.slice(first)
}
