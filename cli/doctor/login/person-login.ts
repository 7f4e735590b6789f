/** Shows a person the authorize URL, opens it, and waits for the answer on this machine. */

import type { Environment } from '../../../lib/platform/environment.ts'
import type { Loopback } from '../../mcp/oauth/loopback.ts'
import { openBrowser } from '../../mcp/oauth/open-browser.ts'
import type { LogIn } from '../model/visit.ts'

/** As long as an authorization server keeps an interaction, generously. */
const ANSWER_MS = 900_000

export interface PersonLoginPorts {
  readonly environment: Environment
  readonly loopback: Loopback
  readonly note: (text: string) => void
  readonly leaving: AbortSignal
}

export function createPersonLogin({
  environment,
  loopback,
  note,
  leaving,
}: PersonLoginPorts): LogIn {
  return async ({ url, state }) => {
    note(`Log in with your browser: ${url}`)
    openBrowser(new URL(url), environment)
    const patience = AbortSignal.any([leaving, AbortSignal.timeout(ANSWER_MS)])
    return await loopback.answer(state, patience)
  }
}
