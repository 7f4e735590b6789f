/** JSON of strangers: an object that means the same to every parser, or nothing (RFC 8259 section 4). */

import { OAuthError } from '../../../lib/oauth/error.ts'

export type JsonObject = Readonly<Record<string, unknown>>

const DEPTH_MAX = 10

/** Of what is known to be JSON: texts, and the marks that make its structure. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/** @throws OAuthError `invalid_client_metadata`. */
export function parseStrictJson(text: string): JsonObject {
  const parsed = parse(text)
  checkStructure(text)
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as JsonObject
  }
  throw invalid('it is not a JSON object')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words quote the text.
    throw invalid('it is not JSON')
  }
}

/** Refuses names that occur twice, names that mean something to JavaScript, and towers. */
function checkStructure(text: string): void {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') addName(open.at(-1), last)
    else last = token
    if (open.length > DEPTH_MAX) throw invalid('it is nested too deeply')
  }
}

function addName(names: Set<string> | undefined, token: string): void {
  const name = String(parse(token))
  if (name === '__proto__') throw invalid('it has a member that no metadata has')
  if (names?.has(name) === true) throw invalid('it has a member twice')
  names?.add(name)
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}
