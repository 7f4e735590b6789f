/** The rows: which guard of the edge is asked, with which tokens, and what it must answer. */

import type { GuardName } from './guards.ts'

export type TokenKind = 'warm' | 'new' | 'revoked' | 'garbage'

export interface Row {
  readonly name: string
  readonly title: string
  readonly guard: GuardName
  readonly tokens: TokenKind
  readonly expected: 200 | 401
  /** Not under every load: what is refused is measured as fast as it can be sent. */
  readonly floods?: true
}

export const ROWS = [
  {
    name: 'floor',
    title: 'no authentication',
    guard: 'floor',
    tokens: 'warm',
    expected: 200,
  },
  {
    name: 'jwt',
    title: 'jwt_authn, no revocation',
    guard: 'jwt',
    tokens: 'warm',
    expected: 200,
  },
  {
    name: 'jwt-cached',
    title: 'jwt_authn with its cache, no revocation',
    guard: 'jwt-cached',
    tokens: 'warm',
    expected: 200,
  },
  {
    name: 'textbook',
    title: 'textbook service',
    guard: 'textbook',
    tokens: 'warm',
    expected: 200,
  },
  {
    name: 'warm',
    title: 'ours, tokens seen before',
    guard: 'ours',
    tokens: 'warm',
    expected: 200,
  },
  {
    name: 'new',
    title: 'ours, every token new',
    guard: 'ours-new',
    tokens: 'new',
    expected: 200,
  },
  {
    name: 'denied',
    title: 'ours, revoked tokens',
    guard: 'ours',
    tokens: 'revoked',
    expected: 401,
    floods: true,
  },
  {
    name: 'garbage',
    title: 'ours, every token another forgery',
    guard: 'ours',
    tokens: 'garbage',
    expected: 401,
    floods: true,
  },
] as const satisfies readonly Row[]

export type RowName = (typeof ROWS)[number]['name']

/** What a row is asked under: as fast as it answers, or at a constant rate. */
export type Load =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'open'; readonly rate: number }

export function nameOfLoad(load: Load): string {
  return load.kind === 'closed' ? `${load.connections} connections` : `${load.rate} a second`
}
