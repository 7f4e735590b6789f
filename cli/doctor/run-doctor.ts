/** One examination: as each client that was chosen, one after the other, with at most one login by a person. */

import { randomInt } from 'node:crypto'
import type { Environment } from '../../lib/platform/environment.ts'
import { type Loopback, openLoopback } from '../mcp/oauth/loopback.ts'
import { CHECKS } from './checks/all.ts'
import type { Finding } from './finding.ts'
import { createDevLogin } from './login/dev-login.ts'
import { createPersonLogin } from './login/person-login.ts'
import type { ClientProfile } from './model/client-profile.ts'
import type { ToolWish, Visit } from './model/visit.ts'
import type { Target } from './target.ts'
import { type Shared, walk } from './walk.ts'
import { createHttp } from './wire/http.ts'
import { letsEverybodyIn } from './wire/open-server.ts'

export interface DoctorWish {
  readonly target: Target
  readonly clients: readonly ClientProfile[]
  readonly origin: string
  /** By itself where it can, by a person where it cannot. */
  readonly login: 'wanted' | 'unwanted' | 'nobody-there'
  readonly username: string
  readonly tool: ToolWish | undefined
  readonly days: number
}

export interface DoctorHost {
  readonly environment: Environment
  readonly note: (text: string) => void
  readonly tell: (finding: Finding) => void
  /** The person leaves: nothing more is asked, and what was made is ended. */
  readonly leaving: AbortSignal
}

/** Those that the system hands out (RFC 6335 section 6). */
const PORTS = [49_152, 65_535] as const

const WHY_NOT = {
  unwanted: 'not tried: --no-login',
  'nobody-there':
    'not tried: it needs a person, and there is no terminal; --login asks for one all the same',
} as const

export async function runDoctor(wish: DoctorWish, host: DoctorHost): Promise<void> {
  const { target, clients } = wish
  const shared: Shared = { asked: new Set(), isBlocked: false }
  const http = createHttp(target.own?.authorities)
  const isOpen = await letsEverybodyIn(http, target.url)
  const byPerson = isOpen ? undefined : personsClient(wish)
  for (const client of clients) {
    if (host.leaving.aborted) return
    const loopback = client === byPerson ? await openFor(client) : undefined
    try {
      const visit = toVisit(client, { wish, host, http, isOpen, byPerson, loopback })
      await walk(visit, CHECKS, shared, host)
    } finally {
      loopback?.close()
    }
  }
}

interface Surroundings extends Pick<Visit, 'http' | 'isOpen'> {
  readonly wish: DoctorWish
  readonly host: DoctorHost
  /** As whom a person logs in. */
  readonly byPerson: ClientProfile | undefined
  readonly loopback: Loopback | undefined
}

function toVisit(
  client: ClientProfile,
  { wish, host, http, isOpen, byPerson, loopback }: Surroundings,
): Visit {
  const { target, username, login } = wish
  const isDev = target.own?.hasDevLogin === true && login !== 'unwanted'
  const { environment, note, leaving } = host
  const logIn = isDev
    ? createDevLogin(http, { username, service: serviceOf(target) })
    : loopback && createPersonLogin({ environment, loopback, note, leaving })
  return {
    url: target.url,
    client,
    http,
    authorities: target.own?.authorities ?? [],
    facts: {},
    port: loopback === undefined ? randomInt(...PORTS) : Number(new URL(loopback.redirectUri).port),
    origin: wish.origin,
    logIn,
    whyNoLogin: login === 'wanted' ? whyNotByPerson(byPerson) : WHY_NOT[login],
    logsInByItself: isDev,
    tool: wish.tool,
    days: wish.days,
    isOpen,
    secrets: new Set(),
    stays: new Set(),
    leftBehind: new Map(),
  }
}

function whyNotByPerson(byPerson: ClientProfile | undefined): string {
  return byPerson === undefined
    ? 'not tried: none of these clients can be answered here; add --client mcp-remote'
    : `not tried: a person logs in once, as ${byPerson.name}`
}

function serviceOf({ url, own }: Target): string {
  return own?.services.find((service) => service.url === url)?.name ?? ''
}

/** The first that listens on this machine and registers: nobody else's redirect can be waited for here. */
function personsClient({ target, clients, login }: DoctorWish): ClientProfile | undefined {
  if (login !== 'wanted' || target.own?.hasDevLogin === true) return undefined
  return clients.find(
    ({ redirectUri, document }) => /^http:.*\{port\}/.test(redirectUri) && document === undefined,
  )
}

async function openFor({ redirectUri }: ClientProfile): Promise<Loopback | undefined> {
  return await openLoopback(undefined, new URL(redirectUri.replace('{port}', '1')).pathname)
}
