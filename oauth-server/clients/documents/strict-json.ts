/** JSON of strangers: an object that means the same to every parser, or nothing (RFC 8259 section 4). */

import { OAuthError } from '../../../lib/oauth/error.ts'
import type { JsonObject } from '../../../lib/platform/json.ts'

const DEPTH_MAX = 10

/** Of what is known to be JSON: texts, and the marks that make its structure. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/**
 * @param subject what the refusal speaks of.
 * @throws OAuthError `invalid_client_metadata`.
 */
export function parseStrictJson(text: string, subject = 'it'): JsonObject {
  const refuse: Refuse = (fault) => new OAuthError('invalid_client_metadata', `${subject} ${fault}`)
  const parsed = parse(text, refuse)
  checkStructure(text, refuse)
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as JsonObject
  }
  throw refuse('is not a JSON object')
}

type Refuse = (fault: string) => OAuthError

function parse(text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words quote the text.
    throw refuse('is not JSON')
  }
}

/** Refuses names that occur twice, names that mean something to JavaScript, and towers. */
function checkStructure(text: string, refuse: Refuse): void {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') addName(open.at(-1), last, refuse)
    else last = token
    if (open.length > DEPTH_MAX) throw refuse('is nested too deeply')
  }
}

function addName(names: Set<string> | undefined, token: string, refuse: Refuse): void {
  const name = String(parse(token, refuse))
  if (name === '__proto__') throw refuse('has a member that no metadata has')
  if (names?.has(name) === true) throw refuse('has a member twice')
  names?.add(name)
}
