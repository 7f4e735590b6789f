/**
 * The authorization server's ports on a real store, with a clock, rules and a provider that the test
 * commands: several of them are several processes on one store.
 */

import type { Redis } from 'ioredis'
import type { AccessRule, AccessSettings } from '../../lib/catalogue/access-rules.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { DEV } from '../../lib/catalogue/providers.ts'
import { createLog } from '../../lib/platform/log.ts'
import { deriveKey } from '../../lib/platform/secret.ts'
import { createAccess, type LiveAccess } from '../../oauth-server/access/access.ts'
import { readConfig } from '../../oauth-server/config.ts'
import type { Families } from '../../oauth-server/families.ts'
import { createDevProvider } from '../../oauth-server/login/providers/dev.ts'
import {
  type Identity,
  type Needs,
  ProviderError,
  type ProviderFault,
  type RedirectProvider,
} from '../../oauth-server/login/providers/provider.ts'
import { createPorts, type Ports } from '../../oauth-server/ports.ts'
import type { Grant } from '../../oauth-server/store/grants.ts'
import { toUser } from '../../oauth-server/store/users.ts'
import { type ChangingGateway, changingGateway } from './changing-gateway.ts'
import { startValkey, type Valkey } from './valkey.ts'

export type AccessProcess = Ports & {
  readonly access: LiveAccess
  readonly live: ChangingGateway
}

/** A provider that tells facts again, by tokens; nobody logs in there. */
export interface TellingProvider extends RedirectProvider {
  /** Whom a token tells of, or how it fails. */
  readonly people: Map<string, Identity | ProviderFault | Error>
  /** Tokens and needs of every reading so far. */
  readonly readings: { readonly token: string; readonly needs: Needs }[]
  /** The token that each reading gives in the place of the one that was used. */
  rotate: ((token: string) => string) | undefined
  /** Happens after that is told, and before each answer. */
  meanwhile: () => Promise<void>
}

export function createTellingProvider(name: string): TellingProvider {
  const provider: TellingProvider = {
    kind: 'redirect',
    name,
    label: name,
    issuer: `https://${name}.example`,
    people: new Map(),
    readings: [],
    rotate: undefined,
    meanwhile: async () => {},
    begin: () => Promise.reject(new Error('nobody logs in here')),
    finish: () => Promise.reject(new Error('nobody logs in here')),
    async read(token, needs, keep) {
      provider.readings.push({ token, needs })
      const next = provider.rotate?.(token)
      if (next !== undefined) await keep(next)
      await provider.meanwhile()
      const told = provider.people.get(token) ?? 'expired'
      if (told instanceof Error) throw told
      if (typeof told === 'string') throw new ProviderError(name, told, 'as the test says')
      return { identity: told, token: next }
    },
  }
  return provider
}

export interface AccessWorld {
  readonly valkey: Valkey
  readonly redis: Redis
  /** Every line of the log so far, of all processes. */
  readonly lines: readonly string[]
  /** Another process on the store. */
  start(access: AccessSettings, options?: ProcessOptions): Promise<AccessProcess>
  pass(seconds: number): void
  /** Everything the store holds, in one text. */
  dump(): Promise<string>
  stop(): Promise<void>
}

export interface ProcessOptions {
  readonly providers?: readonly RedirectProvider[]
  readonly environment?: Readonly<Record<string, string>>
  /** What stands in the place of families of the store. */
  readonly families?: (real: Families) => Partial<Families>
}

export async function startAccessWorld(): Promise<AccessWorld> {
  const valkey = await startValkey()
  const redis = await valkey.connect()
  const lines: string[] = []
  const log = createLog('test', 'info', { write: (line: string) => void lines.push(line) })
  let passedMs = 0
  return {
    valkey,
    redis,
    lines,
    async start(initial, { providers = [], environment = {}, families } = {}) {
      const dev = createDevProvider(DEV)
      const gateway = { ...readGateway({}, '/nonexistent'), access: initial }
      const live = changingGateway(gateway)
      const made = createPorts(await valkey.connect(), {
        config: readConfig({
          REDIS_URL: valkey.url,
          OAUTH_SERVER_SOCKET: '/unused',
          OAUTH_SERVER_SECRET: 'a secret of the tests, long enough',
          USER_SECRETS_KEY: 'the key of user secrets in the tests',
          ...environment,
        }),
        gateway,
        live,
        clock: () => Date.now() + passedMs,
        configured: new Map(),
        providers: new Map([dev, ...providers].map((one) => [one.name, one])),
        log,
      })
      if (families === undefined) return { ...made, live }
      const replaced = { ...made.families, ...families(made.families) }
      const sealingKey = deriveKey(made.config.OAUTH_SERVER_SECRET, 'oauth-server/upstream-tokens')
      const access = createAccess({ ...made, families: replaced, sealingKey })
      return { ...made, families: replaced, access, live }
    },
    pass(seconds) {
      passedMs += seconds * 1000
    },
    async dump() {
      const keys = (await redis.keys('*')).map((key) => key.replace(/^mcp-gateway:/, ''))
      const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
      return keys.map((key, index) => `${key} ${values[index]?.toString('latin1')}`).join('\n')
    },
    async stop() {
      await valkey.stop()
    },
  }
}

/** A store, a provider that tells of people at GitHub, and two processes under the same rules. */
export async function startAccessPair(
  initial: AccessSettings,
  environment: Readonly<Record<string, string>> = {},
) {
  const world = await startAccessWorld()
  const github = createTellingProvider('github')
  const options = { providers: [github], environment }
  const one = await world.start(initial, options)
  const two = await world.start(initial, options)
  return { world, github, options, one, two }
}

export const rules = (...gateway: AccessRule[]): AccessSettings => ({
  gateway,
  services: new Map(),
})

export const OCTOCATS: AccessRule = {
  kind: 'organization',
  provider: 'github',
  organization: 'octocats',
}

export function member(id: string, changes: Partial<Identity> = {}): Identity {
  const name = changes.name ?? `person-${id}`
  return {
    providerId: id,
    name,
    login: name.toLowerCase(),
    emails: [],
    organizations: [{ id: '77', name: 'octocats' }],
    ...changes,
  }
}

export function admit(
  { access }: Pick<Ports, 'access'>,
  identity: Identity,
  token?: string,
): Promise<boolean> {
  return access.admit(toUser('github', identity), token)
}

export function grantOf(
  { families, resources }: Ports,
  userId: string,
  service = 'echo',
): Promise<Grant> {
  return families.grants.create({
    userId,
    userName: userId,
    clientId: 'client',
    resource: resources.resourceOf(service),
    scopes: ['mcp'],
    authenticatedAt: 1,
  })
}

/** Services of the grants that live. */
export async function aliveOf({ families, resources }: Ports, userId: string): Promise<string[]> {
  const ids = await families.grants.ofUser(userId)
  const found = await Promise.all(ids.map((id) => families.grants.find(id)))
  return found.flatMap((grant) => {
    const meaning = resources.resolve(grant?.resource)
    return grant !== undefined && meaning.kind === 'service' ? [meaning.service] : []
  })
}
