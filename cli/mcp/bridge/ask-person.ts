/**
 * Logins while a client waits: the browser opens by itself, since nobody sees a terminal. Clients start a
 * server several times at once; one of the processes asks, the others wait for its outcome.
 */

import type { InsufficientScopeError } from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'
import { type LoginHost, logIn } from '../oauth/log-in.ts'
import { needsLogin } from '../oauth/tokens.ts'
import type { Tokens } from '../store/login.ts'
import type { LoginStore } from '../store/login-store.ts'

export interface AskPerson {
  /** @throws CliError when nobody logs in. */
  logIn(refused: string | undefined): Promise<void>
  /** Whether the login has what was missing by now. */
  getMoreScope(error: InsufficientScopeError): Promise<boolean>
}

/** @param mayAsk false where nobody sits at this machine: then there is an error that says what to do. */
export function createAskPerson(
  host: LoginHost,
  store: LoginStore,
  url: string,
  mayAsk: boolean,
): AskPerson {
  const ask = (moreScope: string | undefined, isDone: (tokens: Tokens) => boolean): Promise<void> =>
    store.whileAsking(
      async () => {
        const tokens = store.read()?.tokens
        if (tokens !== undefined && isDone(tokens)) return
        const wish = { way: 'browser' as const, client: {} }
        await logIn(host, store, url, moreScope === undefined ? wish : { ...wish, moreScope })
      },
      {
        onWait: () => host.note('Another process asks for this login: waiting for it.'),
        signal: host.signal,
      },
    )
  return {
    async logIn(refused) {
      if (!mayAsk) throw needsLogin(url)
      await ask(undefined, ({ access_token }) => access_token !== refused)
    },
    async getMoreScope({ requiredScope }) {
      if (!mayAsk || requiredScope === undefined) return false
      host.note(`More is needed than your login allows: ${requiredScope}.`)
      try {
        await ask(requiredScope, ({ scope }) => includes(scope, requiredScope))
        return includes(store.read()?.tokens?.scope, requiredScope)
      } catch (error) {
        if (!(error instanceof CliError)) throw error
        host.note(error.message)
        return false
      }
    },
  }
}

function includes(granted: string | undefined, wanted: string): boolean {
  const has = new Set(granted?.split(' '))
  return wanted.split(' ').every((one) => has.has(one))
}
