/** One gateway for all clients: each has a service of its own there, and a person, so that their traces do not mix. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import type { AuditRecord } from '../../lib/store/audit-record.ts'
import { fixture } from '../support/bridge.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayCommand } from '../support/gateway-command.ts'
import type { Surroundings } from './driver.ts'
import type { EdgeRequest, Seen } from './judge.ts'
import { createClientPerson } from './person.ts'

/** Of access tokens: short, so that clients have to refresh. */
export const LIFETIME_SECONDS = 12
/** After the end of a token the edge still allows for clocks that differ. */
const LEEWAY_SECONDS = 6
const LINES_MAX = '10000'
const LOGGED_WITHIN_MS = 500

export interface World {
  /** After this time nobody lets a token in any more. */
  readonly expiredAfterMs: number
  enter(name: string): Surroundings
  /** What the gateway has of a client until now. */
  see(name: string): Promise<Seen>
  /** As an operator does it. */
  revoke(name: string): Promise<void>
  remove(): Promise<void>
}

/** @param names of the clients. */
export async function startWorld(
  names: readonly string[],
  lifetimeSeconds = LIFETIME_SECONDS,
): Promise<World> {
  const server = fixture('tells-who-asks.ts', {
    isolation: 'user',
    env: { CALLER: '${user.name}' },
  })
  const gateway = await startGateway({
    asShipped: true,
    file: stringify({ mcpServers: Object.fromEntries(names.map((name) => [name, server])) }),
    environment: { ACCESS_TOKEN_LIFETIME: String(lifetimeSeconds) },
  })
  const homes = mkdtempSync(join(tmpdir(), 'clients-'))
  const operator = createGatewayCommand(gateway.folder)
  const lines = async <Line>(...args: readonly string[]): Promise<Line[]> => {
    const { exitCode, stdout, stderr } = await operator([...args, '-n', LINES_MAX, '--json'])
    if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
  }
  return {
    expiredAfterMs: (lifetimeSeconds + LEEWAY_SECONDS) * 1000,
    enter(name) {
      const home = join(homes, name)
      mkdirSync(home)
      const person = createClientPerson(name, join(homes, `${name}-person`))
      const environment = { ...baseEnvironment(), ...person.environment, HOME: home, TMPDIR: home }
      const state = { GATEWAY_STATE_DIR: join(gateway.folder, '.gateway') }
      const command = createGatewayCommand(home, { ...environment, ...state })
      const endpoint = `${gateway.url}/${name}/mcp`
      return { name, endpoint, home, environment, person, gateway, command }
    },
    async see(name) {
      // What the edge wrote last is in its log by then.
      await sleep(LOGGED_WITHIN_MS)
      const [all, logged] = await Promise.all([
        lines<AuditRecord>('audit'),
        lines<LoggedRequest>('logs', 'envoy'),
      ])
      const isTheirs = ({ user }: AuditRecord): boolean => user === `dev:${name}`
      const ids = new Set(all.filter(isTheirs).flatMap(({ client_id }) => client_id ?? []))
      // Of a grant that has ended nobody knows any more whose it was.
      const isOfClient = (deed: AuditRecord): boolean =>
        isTheirs(deed) || (deed.client_id !== undefined && ids.has(deed.client_id))
      const requests = logged.filter(({ path }) => path?.includes(`/${name}/`)).map(toRequest)
      return {
        deeds: all.filter(isOfClient),
        registrations: all.filter(({ action }) => action.startsWith('registration/')),
        requests,
      }
    },
    async revoke(name) {
      const args = ['grants', 'revoke', '--user', `dev:${name}`, '--yes']
      const { exitCode, stderr } = await operator(args)
      if (exitCode !== 0) throw new Error(`grants revoke: ${stderr}`)
    },
    async remove() {
      await gateway.remove()
      rmSync(homes, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface LoggedRequest {
  readonly time: string
  readonly method?: string
  readonly path?: string
  readonly status?: number
}

function toRequest({ time, method = '', path = '', status = 0 }: LoggedRequest): EdgeRequest {
  return { at: Date.parse(time), method, path, status }
}

/** What programs need to run at all; nothing that leads to somebody's account. */
const NEEDED = /^(?:LANG|LC_\w+|TERM|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS)$/

function baseEnvironment(): Record<string, string> {
  const found = Object.entries(process.env).filter(
    (entry): entry is [string, string] => NEEDED.test(entry[0]) && entry[1] !== undefined,
  )
  return { ...Object.fromEntries(found), PYTHONDONTWRITEBYTECODE: '1' }
}
