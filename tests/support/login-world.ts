/**
 * The authorization server's own application on a socket, with providers and rules that the test commands:
 * what people meet who log in elsewhere.
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { DEV } from '../../lib/catalogue/providers.ts'
import { createLog } from '../../lib/platform/log.ts'
import type { Access, LiveAccess } from '../../oauth-server/access/access.ts'
import { createApp } from '../../oauth-server/app.ts'
import { readConfig } from '../../oauth-server/config.ts'
import { createDevProvider } from '../../oauth-server/login/providers/dev.ts'
import {
  type Provider,
  ProviderError,
  type RedirectProvider,
  type UpstreamAnswer,
  type UpstreamLogin,
} from '../../oauth-server/login/providers/provider.ts'
import { createPorts, type Ports } from '../../oauth-server/ports.ts'
import { createReadiness } from '../../oauth-server/readiness.ts'
import { type ChangingGateway, changingGateway } from './changing-gateway.ts'
import { type Send, sendOverSocket } from './http.ts'
import { startValkey, type Valkey } from './valkey.ts'

export interface CommandedProvider extends RedirectProvider {
  /** What it was asked with a departure. */
  asked(departure: string | null): UpstreamLogin | undefined
  /** Where it sends the browser of a departure back to, with what it says then. */
  answer(departure: string | null, outcome: UpstreamAnswer | Error): string
  /** As `answer`, for somebody with this name and an id made of it. */
  vouch(departure: string | null, name: string, changes?: Partial<UpstreamAnswer>): string
  /** What `begin` throws from now on. */
  fail(error: ProviderError | undefined): void
}

export function createCommandedProvider(name: string, label: string): CommandedProvider {
  const begun: UpstreamLogin[] = []
  const outcomes = new Map<string, UpstreamAnswer | Error>()
  let failure: ProviderError | undefined
  const origin = `https://${name}.example`
  const provider: CommandedProvider = {
    kind: 'redirect',
    name,
    label,
    issuer: origin,
    asked: (departure) => {
      const state = new URL(departure ?? '').searchParams.get('state')
      return begun.find((login) => login.state === state)
    },
    async begin(login) {
      if (failure !== undefined) throw failure
      begun.push(login)
      const { state, redirectUri } = login
      return new URL(
        `${origin}/log-in?${new URLSearchParams({ state, redirect_uri: redirectUri })}`,
      )
    },
    async finish(login, callback) {
      const first = begun.find(({ state }) => state === login.state)
      if (!isDeepStrictEqual(first, login)) throw new Error('it does not come back as it went')
      if (!callback.href.startsWith(`${login.redirectUri}?`)) throw new Error('another callback')
      const outcome = outcomes.get(callback.searchParams.get('code') ?? '')
      if (outcome === undefined) throw new ProviderError(name, 'invalid', 'no such code')
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    read: async () => {
      throw new ProviderError(name, 'unavailable', 'nothing is read here')
    },
    answer(departure, outcome) {
      const { searchParams } = new URL(departure ?? '')
      const code = randomUUID()
      outcomes.set(code, outcome)
      const back = new URLSearchParams({ code, state: searchParams.get('state') ?? '' })
      return `${searchParams.get('redirect_uri')}?${back}`
    },
    vouch: (departure, person, changes = {}) =>
      provider.answer(departure, {
        identity: { providerId: `id-of-${person}`, name: person, emails: [] },
        ...changes,
      }),
    fail: (error) => {
      failure = error
    },
  }
  return provider
}

export interface LoginWorld {
  readonly send: Send
  readonly issuer: string
  readonly ports: Ports
  /** The real one, also where a test stands in its place. */
  readonly liveAccess: LiveAccess
  readonly live: ChangingGateway
  readonly valkey: Valkey
  /** Every line of the log so far. */
  readonly lines: readonly string[]
  /** The clock of the server goes on by so much. */
  pass(seconds: number): void
  stop(): Promise<void>
}

export interface LoginWorldOptions {
  readonly providers: readonly Provider[]
  readonly access?: Partial<Access>
  readonly publicUrl?: string
}

export const devProvider = createDevProvider(DEV)

export async function startLoginWorld(options: LoginWorldOptions): Promise<LoginWorld> {
  const { providers, access = {}, publicUrl = 'http://localhost:8642' } = options
  const folder = mkdtempSync(join(tmpdir(), 'login-'))
  const socket = join(folder, 's')
  const valkey = await startValkey()
  const lines: string[] = []
  const log = createLog('oauth-server', 'info', { write: (line: string) => void lines.push(line) })
  let passedMs = 0
  const gateway = readGateway({ PUBLIC_URL: publicUrl }, folder)
  const live = changingGateway(gateway)
  const made = createPorts(await valkey.connect(), {
    config: readConfig({
      REDIS_URL: valkey.url,
      OAUTH_SERVER_SOCKET: socket,
      OAUTH_SERVER_SECRET: 'a secret of the tests, long enough',
      USER_SECRETS_KEY: randomBytes(32).toString('base64url'),
    }),
    gateway,
    live,
    clock: () => Date.now() + passedMs,
    configured: new Map(),
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    log,
  })
  const ports: Ports = {
    ...made,
    access: { ...made.access, ...access },
  }
  const readiness = createReadiness(ports, log)
  await readiness.renew()
  const server = createServer(createApp(ports, readiness).callback())
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    send: sendOverSocket(socket),
    issuer: publicUrl,
    ports,
    liveAccess: made.access,
    live,
    valkey,
    lines,
    pass(seconds) {
      passedMs += seconds * 1000
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await valkey.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
