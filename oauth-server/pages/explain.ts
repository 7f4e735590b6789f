/** Which explanation a person is given for an error: what happened, whose it is, and what to do next. */

import type { OAuthError } from '../../lib/oauth/error.ts'
import { error as words } from './words/error.ts'
import type { Phrase } from './words/words.ts'

export interface Explanation {
  readonly what: Phrase
  readonly whose: Phrase
  readonly next: Phrase
  /** How to let each client register again; empty where that would not help. */
  readonly reconnect: readonly { readonly client: string; readonly how: Phrase }[]
}

/** Where an error names no time of its own: the page says it, `Retry-After` says it to programs. */
export const RETRY_SECONDS = 2

/** Clients whose people meet a registration that has gone. */
const RECONNECT = [
  ['Claude', 'reconnect-claude'],
  ['Claude Code', 'reconnect-claude-code'],
  ['ChatGPT', 'reconnect-chatgpt'],
  ['VS Code', 'reconnect-vscode'],
  ['Cursor', 'reconnect-cursor'],
  ['Codex', 'reconnect-codex'],
  ['mcp-remote', 'reconnect-mcp-remote'],
] as const

export function explain(error: OAuthError): Explanation {
  const key = keyOf(error)
  const values = { seconds: error.retryAfterSeconds ?? RETRY_SECONDS }
  return {
    what: { key },
    whose: { key: `${key}-whose` },
    next: { key: `${key}-next`, values },
    reconnect:
      key === 'unknownClient'
        ? RECONNECT.map(([client, how]) => ({ client, how: { key: how } }))
        : [],
  }
}

function keyOf({ explain, status, code }: OAuthError): string {
  if (explain !== undefined && Object.hasOwn(words.en, explain)) return explain
  const byStatus = BY_STATUS[status]
  if (byStatus !== undefined) return byStatus
  if (status >= 500) return 'ours'
  return code === 'access_denied' ? 'denied' : 'request'
}

const BY_STATUS: Readonly<Record<number, string>> = {
  404: 'notFound',
  405: 'method',
  413: 'tooLarge',
  429: 'tooMany',
  503: 'away',
}
