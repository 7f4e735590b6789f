/** The whole login: discovery, being known as a client, asking a person in one of three ways, keeping the tokens. */

import { computeScopeUnion, type OAuthTokens } from '@modelcontextprotocol/client'
import type { Clock } from '../../../lib/platform/clock.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { CliError } from '../../cli-error.ts'
import { escapeControls } from '../../log/terminal-line.ts'
import type { Login } from '../store/login.ts'
import type { LoginStore } from '../store/login-store.ts'
import { boundPort, type ChosenClient, chooseClient, registeredPort } from './choose-client.ts'
import { requirePkce, runCodeFlow } from './code-flow.ts'
import { runDeviceFlow } from './device-flow.ts'
import { type Discovered, discover } from './discover.ts'
import { type Loopback, openLoopback } from './loopback.ts'
import { openBrowser } from './open-browser.ts'
import type { ForeknownClient } from './register.ts'
import { isSecure } from './server-metadata.ts'
import { toTokens } from './tokens.ts'

export type LoginWay = 'browser' | 'device' | 'paste'

export interface LoginWish {
  readonly way: LoginWay
  /** Instead of what the server asks for. */
  readonly scope?: string
  /** Beside what was granted before: more is needed than that. */
  readonly moreScope?: string
  readonly client: ForeknownClient
  /** The port of the redirect target, where the client is known with one. */
  readonly callbackPort?: number
  /** Registers anew, though there is a registration. */
  readonly anew?: boolean
  /** Shows the address and opens nothing. */
  readonly quietly?: boolean
}

export interface LoginHost {
  readonly environment: Environment
  readonly clock: Clock
  /** Ends a login that waits for a person: whoever wanted it has left. */
  readonly signal?: AbortSignal
  /** Tells the person; never on stdout. */
  note(text: string): void
  /** Asks for the address that the browser ended at. */
  askForAddress(): Promise<string>
}

/** As long as an authorization server keeps an interaction, generously. */
const ANSWER_MS = 900_000

/**
 * @returns undefined when the server needs no login.
 * @throws CliError, or one of the errors that `explain` knows.
 */
export async function logIn(
  host: LoginHost,
  store: LoginStore,
  url: string,
  wish: LoginWish,
): Promise<Login | undefined> {
  const found = await discover(url)
  if (found === undefined) return undefined
  requireSecure(url)
  const earlier = store.read()
  const known = earlier?.server.issuer === found.server.issuer ? earlier : undefined
  const discovered = { ...found, scope: scopeFor(found, wish, known) }
  const { chosen, answer } = await (wish.way === 'device'
    ? byDevice(host, discovered, wish, known)
    : byCode(host, discovered, wish, known))
  const { server, resource } = discovered
  const tokens = toTokens(answer, host.clock())
  const login: Login = {
    version: 1,
    url,
    ...(resource !== undefined && { resource }),
    server,
    ...chosen,
    // What was granted as asked for need not be told (RFC 6749 section 5.1).
    tokens: { ...(discovered.scope && { scope: discovered.scope }), ...tokens },
  }
  await store.exclusively(async (slot) => slot.write(login))
  return login
}

/** A token that travels in the open is everybody's. */
function requireSecure(url: string): void {
  if (isSecure(url)) return
  throw new CliError(`${url} is plain http: a token would travel in the open.`, {
    nextStep: 'use its https address',
  })
}

/** `offline_access` wherever it exists: logins are meant to last (OpenID Connect Core section 11). */
function scopeFor(
  { server, scope }: Discovered,
  wish: LoginWish,
  known: Login | undefined,
): string | undefined {
  if (wish.scope !== undefined) return wish.scope
  const lasting = server.scopes_supported?.includes('offline_access') ? 'offline_access' : undefined
  const before = wish.moreScope === undefined ? undefined : known?.tokens?.scope
  return computeScopeUnion(before, scope, wish.moreScope, lasting)
}

interface Granted {
  readonly chosen: ChosenClient
  readonly answer: OAuthTokens
}

async function byDevice(
  host: LoginHost,
  discovered: Discovered,
  wish: LoginWish,
  known: Login | undefined,
): Promise<Granted> {
  const chosen = await chooseClient(host, { ...discovered, redirectUri: undefined }, wish, known)
  const answer = await runDeviceFlow({
    ...discovered,
    client: chosen.client,
    signal: host.signal,
    tell({ user_code, verification_uri, verification_uri_complete }) {
      const code = escapeControls(user_code)
      host.note(
        `Open ${escapeControls(verification_uri_complete ?? verification_uri)} in any browser.`,
      )
      host.note(`It asks for the code ${code}, or shows it: approve only if it is the same.`)
    },
  })
  return { chosen, answer }
}

async function byCode(
  host: LoginHost,
  discovered: Discovered,
  wish: LoginWish,
  known: Login | undefined,
): Promise<Granted> {
  // Before anything is registered there.
  requirePkce(discovered.server)
  const loopback = await openAny(wish, known)
  const { redirectUri } = loopback
  try {
    const chosen = await chooseClient(host, { ...discovered, redirectUri }, wish, known)
    const { client } = chosen
    const ask = wish.way === 'paste' ? askForPaste(host) : askInBrowser(host, loopback, wish)
    return { chosen, answer: await runCodeFlow({ ...discovered, client, redirectUri, ask }) }
  } finally {
    loopback.close()
  }
}

/** The port of the registration that exists, else any; one that the client is bound to must be had. */
async function openAny(wish: LoginWish, known: Login | undefined): Promise<Loopback> {
  const bound = boundPort(wish, known)
  const loopback =
    (await openLoopback(bound ?? registeredPort(wish, known))) ??
    (bound === undefined ? await openLoopback(undefined) : undefined)
  if (loopback !== undefined) return loopback
  throw new CliError(`Port ${bound} of this machine is taken.`, {
    nextStep: 'end what listens there, or choose another with --callback-port',
  })
}

type AskForAnswer = (url: URL, state: string) => Promise<URLSearchParams>

function askInBrowser(host: LoginHost, loopback: Loopback, { quietly }: LoginWish): AskForAnswer {
  return async (url, state) => {
    host.note(`Log in with your browser: ${url}`)
    if (quietly !== true) openBrowser(url, host.environment)
    const late = AbortSignal.timeout(ANSWER_MS)
    return await loopback.answer(state, host.signal ? AbortSignal.any([host.signal, late]) : late)
  }
}

/** The browser may be on another machine: what it cannot open there has what is needed in its address. */
function askForPaste(host: LoginHost): AskForAnswer {
  return async (url) => {
    host.note(`Open in any browser: ${url}`)
    host.note('Having approved, it goes to an address on 127.0.0.1, where it finds nothing.')
    const address = URL.parse((await host.askForAddress()).trim())
    if (address !== null) return address.searchParams
    throw new CliError('That is no address.', {
      nextStep: 'copy all of what the browser shows as its address, from http:// on',
    })
  }
}
