/**
 * What operators ask, on a unix socket that nobody else can reach, and that Envoy does not know.
 *
 * A question is a line of JSON, so is its answer (`lib/oauth/administration.ts`), one after the other.
 * What changes something is in the audit log, also when it was refused.
 */

import { createServer, type Server, type Socket } from 'node:net'
import { z } from 'zod'
import type { AdminAnswer, AdminQuestion } from '../../lib/oauth/administration.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { readJsonLines, toJsonLine } from '../../lib/platform/json-lines.ts'
import { auditEndOf, lastAuditEntries, nextAuditEntries } from './audit.ts'
import { deleteClients, listClients, showClient } from './clients.ts'
import { forgetConsents, listConsents } from './consents.ts'
import { countGarbage, purgeGarbage, showStatistics } from './data.ts'
import { listGrants, revokeGrants } from './grants.ts'
import { listKeys, rotateKeys } from './keys.ts'
import { AdminError, type AdminPorts, type Operation, type Target } from './operation.ts'
import { mintToken, probeUser, revokeToken, showToken } from './tokens.ts'
import { disableUser, enableUser, listUsers, revokeUser, showUser } from './users.ts'

/** THE TABLE: everything an operator can ask. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'audit/last': lastAuditEntries,
  'audit/next': nextAuditEntries,
  'audit/end': auditEndOf,
  'clients/list': listClients,
  'clients/show': showClient,
  'clients/delete': deleteClients,
  'grants/list': listGrants,
  'grants/revoke': revokeGrants,
  'tokens/show': showToken,
  'tokens/revoke': revokeToken,
  'tokens/mint': mintToken,
  'users/list': listUsers,
  'users/show': showUser,
  'users/disable': disableUser,
  'users/enable': enableUser,
  'users/revoke': revokeUser,
  'users/probe': probeUser,
  'keys/list': listKeys,
  'keys/rotate': rotateKeys,
  'consents/list': listConsents,
  'consents/revoke': forgetConsents,
  'data/stats': showStatistics,
  'data/garbage': countGarbage,
  'data/purge': purgeGarbage,
}

const LINE_CHARACTERS_MAX = 131_072
/** Of an entry in the audit log. */
const TARGET_CHARACTERS_MAX = 500

const question = z.strictObject({
  name: z.string(),
  operator: z.string().min(1).max(100),
  input: z.unknown(),
})

export function createAdminServer(ports: AdminPorts): Server {
  // Whoever asks may have nothing more to say before the answer is there.
  return createServer({ allowHalfOpen: true }, (socket) => {
    // Whoever asked has gone.
    socket.on('error', () => {})
    serve(socket, ports).catch((error: unknown) => {
      ports.log.warn({ err: error }, 'an administrative question cannot be read')
      socket.destroy()
    })
  })
}

async function serve(socket: Socket, ports: AdminPorts): Promise<void> {
  for await (const line of readJsonLines(socket, LINE_CHARACTERS_MAX)) {
    socket.write(toJsonLine(await answer(ports, question.parse(line))))
  }
  socket.end()
}

async function answer(ports: AdminPorts, asked: AdminQuestion): Promise<AdminAnswer> {
  const operation = Object.hasOwn(OPERATIONS, asked.name) ? OPERATIONS[asked.name] : undefined
  if (operation === undefined) return refuse(404, 'not_found', `nothing is called ${asked.name}`)
  const startedAt = ports.clock()
  try {
    const { body, targets } = await operation.run(ports, asked.input, asked.operator)
    if (operation.isChange) await record(ports, asked, startedAt, targets)
    return { status: 200, body }
  } catch (error) {
    const refusal = toRefusal(error, ports)
    const { error: outcome } = refusal.body
    if (operation.isChange)
      await record(ports, asked, startedAt, [{ target: whatIsMeant(asked.input), outcome }])
    return refusal
  }
}

/** Awaited, so that whoever looks into the log next finds it. */
async function record(
  { trail, clock, log }: AdminPorts,
  { name, operator }: AdminQuestion,
  at: number,
  targets: readonly Target[],
): Promise<void> {
  const duration_ms = clock() - at
  for (const { target, ...facts } of targets) {
    const what = { action: `admin/${name}`, user: `operator:${operator}`, ...facts }
    trail.append({ at, room: 'oauth-server', duration_ms, ...what, target: target || undefined })
    log.warn({ ...what, target }, 'administration')
  }
  await trail.flush()
}

/** Of a question that was refused: whom or what it was about, if it says so. */
function whatIsMeant(input: unknown): string {
  const named = z.object({ user: z.string() }).or(z.object({ ids: z.array(z.string()) }))
  const { data } = named.safeParse(input)
  if (data === undefined) return ''
  const text = 'user' in data ? data.user : data.ids.join(' ')
  return text.slice(0, TARGET_CHARACTERS_MAX)
}

const STATUS = { not_found: 404, refused: 403, invalid_request: 400 } as const

function toRefusal(error: unknown, { log }: AdminPorts) {
  if (error instanceof AdminError) return refuse(STATUS[error.code], error.code, error.message)
  if (error instanceof z.ZodError) return refuse(400, 'invalid_request', toWords(error))
  if (!(error instanceof OAuthError)) log.error({ err: error }, 'an administrative question failed')
  const { status, code, message } = OAuthError.from(error)
  return refuse(status, code, message)
}

function toWords({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}

function refuse(status: number, error: string, error_description: string) {
  return { status, body: { error, error_description } }
}
