/**
 * Whose call a line answers of which only head and tail are known: by the members of the message that stand
 * before, or after, what is so large.
 */

/** An id of ours; `none` for what answers no call; undefined where it cannot be told. */
export type OversizedCall = number | 'none' | undefined

/** Neither a list nor an object: the next one is of the message itself, as this one is. */
const VALUE = String.raw`("(?:[^"\\]|\\.)*"|[-+.\w]+)`
const FIRST = new RegExp(String.raw`^\s*"(\w+)"\s*:\s*(?:${VALUE}\s*,)?`)
const LAST = new RegExp(String.raw`,\s*"(\w+)"\s*:\s*${VALUE}\s*$`)

export function callOfOversized(head: string, tail: string): OversizedCall {
  const members = new Map([...membersBehind(tail), ...membersBefore(head)])
  if (members.has('method')) return 'none'
  const id = members.get('id') ?? ''
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined
}

/** Up to the first that is large, or is cut off: of that one the name alone. */
function membersBefore(head: string): [name: string, value: string | undefined][] {
  const members: [string, string | undefined][] = []
  let rest = head.replace(/^\s*\{/, '')
  // Without its brace it is nothing that could be read.
  if (rest === head) return members
  for (let found = FIRST.exec(rest); found !== null; found = FIRST.exec(rest)) {
    const [text, name = '', value] = found
    members.push([name, value])
    if (value === undefined) break
    rest = rest.slice(text.length)
  }
  return members
}

/** From the last back to the first that is large. */
function membersBehind(tail: string): [name: string, value: string | undefined][] {
  const members: [string, string | undefined][] = []
  let rest = tail.replace(/\}\s*$/, '')
  if (rest === tail) return members
  for (let found = LAST.exec(rest); found !== null; found = LAST.exec(rest)) {
    const [, name = '', value] = found
    members.push([name, value])
    rest = rest.slice(0, found.index)
  }
  return members
}
