/** Where in `gateway.yaml` what a fault is about stands. */

import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'

/** Keys from the top of the file; in a list the index. */
export type Place = readonly PropertyKey[]

/** From 1; of what is missing, that of the table where it should stand. */
export function lineOf(document: Document, lines: LineCounter, place: Place): number {
  return lines.linePos(startOf(document, place)).line || 1
}

/** In characters: where its name stands, or itself in a list. What an alias stands for has the place of the alias. */
function startOf(document: Document, place: Place): number {
  if (place.length === 0) return 0
  const around = place.slice(0, -1)
  const table = document.getIn(around, true)
  const pair =
    isMap(table) &&
    // 123 is a number there, and a text to whoever reads it.
    table.items.find(({ key }) => isScalar(key) && String(key.value) === String(place.at(-1)))
  const node = pair ? pair.key : document.getIn(place, true)
  return isNode(node) && node.range ? node.range[0] : startOf(document, around)
}

/**
 * Faults that are found once the file is understood, told as those of its shape are: with file and line.
 * Those of variables, and of what only variables or shipped services have brought in, stay as they are.
 * @param faults `clients.a.scopes: what is wrong`, as far as they are about the file.
 * @param source YAML that is sound.
 */
export function withLines(
  faults: readonly string[],
  { path, source }: { readonly path: string; readonly source: string },
): string[] {
  if (faults.length === 0) return []
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  const value: unknown = document.toJS()
  return faults.map((fault) => {
    const place = placeOf(fault, value)
    return place === undefined
      ? fault
      : `${path}: ${fault} (line ${lineOf(document, lines, place)})`
  })
}

/** Undefined where it does not stand in the file, or where two things in it may be meant. */
function placeOf(fault: string, content: unknown): Place | undefined {
  const { place, rest, isWhole } = follow({ place: [], rest: fault, isWhole: false }, content)
  if (isWhole) return place
  // Variables complete a login provider: what its entry does not hold may be theirs, unless it is nowhere.
  const mayBeElsewhere = place[0] === 'providers' && !rest.includes(': is not set')
  return place.length < 2 || mayBeElsewhere ? undefined : place
}

interface Followed {
  readonly place: Place
  /** What of the fault comes after it. */
  readonly rest: string
  /** Whether all that stands before the first colon was found. */
  readonly isWhole: boolean
}

/** As far as the keys of the file lead; they may have dots and colons in them, too. */
function follow(followed: Followed, value: unknown): Followed {
  const { place, rest, isWhole } = followed
  if (typeof value !== 'object' || value === null) return followed
  const entries = Object.entries(value).filter(([key]) => isNamed(key, rest))
  const [entry] = entries
  if (entry === undefined) return followed
  if (entries.length > 1) return isWhole ? followed : { place: [], rest, isWhole }
  const [key, next] = entry
  const [mark = ''] = MARK.exec(rest.slice(key.length)) ?? []
  const further = rest.slice(key.length + mark.length)
  return follow({ place: [...place, key], rest: further, isWhole: isWhole || mark !== '.' }, next)
}

/** What ends a key in a fault. */
const MARK = /^(?:\.|: )/

function isNamed(key: string, rest: string): boolean {
  return rest.startsWith(key) && MARK.test(rest.slice(key.length))
}
