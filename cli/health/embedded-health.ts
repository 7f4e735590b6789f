/** The health of a gateway that runs without containers: each part is asked on its own socket. */

import { dirname, join } from 'node:path'
import { NUMBERED_SOCKET_NAMES, SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import type { Context } from '../context.ts'
import { askSocket } from '../instance/ask-socket.ts'
import type { RunningGateway } from '../instance/control-client.ts'
import { askEnvoy, publicPort } from '../instance/envoy-admin.ts'
import { roomOf } from '../instance/part-names.ts'
import { isServing, type PartStatus } from '../instance/status.ts'
import { withStore } from '../instance/store.ts'
import { answersAtAll } from '../supervisor/readiness.ts'
import { checkCertificate, checkEdge, checkSigningKeys, judgeFreshness } from './dependencies.ts'
import {
  failing,
  type HealthCheck,
  type HealthReport,
  ok,
  timed,
  toReport,
  type Verdict,
} from './health-report.ts'

export async function embeddedHealth(
  context: Context,
  { status, socketPath }: RunningGateway,
  days: number,
): Promise<HealthReport> {
  const { certificate } = status
  const parts = status.parts.filter(({ name }) => name !== 'valkey')
  const [store, keys, serving] = await Promise.all([
    timed('store', () => pingStore(context)),
    checkSigningKeys(context),
    askServing({ status: { ...status, parts }, socketPath }),
  ])
  const ending = certificate === null ? [] : [checkCertificate(certificate, days, context.clock())]
  return toReport('embedded', [store, ...serving, keys, ...ending])
}

/** Each part, and the way through Envoy: a process that runs may have stopped to answer. Needs no secret. */
export async function askServing({ status, socketPath }: RunningGateway): Promise<HealthCheck[]> {
  const folder = dirname(socketPath)
  const checks = await Promise.all([
    ...status.parts.map((part) => timed(part.name, () => askPart(part, folder))),
    checkThrough(status.public_url, folder),
  ])
  return softenSpares(checks)
}

/** Of several processes of a room one is enough: another that fails is to be seen to, and keeps nobody out. */
function softenSpares(checks: readonly HealthCheck[]): HealthCheck[] {
  const serving = new Set(
    checks.filter(({ status }) => status === 'ok').map(({ name }) => roomOf(name)),
  )
  return checks.map((check) =>
    check.status === 'failing' && serving.has(roomOf(check.name))
      ? { ...check, status: 'warning' }
      : check,
  )
}

async function pingStore(context: Context): Promise<Verdict> {
  await withStore(context, async (redis) => void (await redis.ping()))
  return ok('answers')
}

async function checkThrough(publicUrl: string, folder: string): Promise<HealthCheck> {
  try {
    return await checkEdge(publicUrl, await publicPort(folder))
  } catch (error) {
    return await timed('edge', () => Promise.reject(error))
  }
}

/** How each room is asked, with its number. */
const QUESTIONS: Readonly<Record<string, (folder: string, number: number) => Promise<Verdict>>> = {
  'oauth-server': (folder, number) =>
    askHealth(join(folder, NUMBERED_SOCKET_NAMES.oauthServer(number))),
  'mcp-bridge': (folder, number) => askHealth(join(folder, NUMBERED_SOCKET_NAMES.bridge(number))),
  'ext-authz': async (folder, number) => {
    const socket = join(folder, NUMBERED_SOCKET_NAMES.extAuthzAdmin(number))
    const health = await askHealth(socket)
    if (health.status !== 'ok') return health
    return judgeFreshness((await askSocket(socket, 'GET', '/metrics')).body)
  },
  envoy: async (folder) => ok((await askEnvoy(folder, '/ready')).trim()),
  certs: (folder) => askHealth(join(folder, SOCKET_NAMES.certs)),
  valkey: async (folder) =>
    (await answersAtAll(join(folder, SOCKET_NAMES.valkey)))
      ? ok('answers')
      : failing('does not answer'),
}

async function askPart(part: PartStatus, folder: string): Promise<Verdict> {
  const { name, state, last_exit } = part
  if (!isServing(part)) return failing(`${state}${last_exit === null ? '' : `; ${last_exit}`}`)
  const number = Number(/-(\d+)$/.exec(name)?.[1] ?? 1)
  return (await QUESTIONS[roomOf(name)]?.(folder, number)) ?? ok(state)
}

async function askHealth(socketPath: string): Promise<Verdict> {
  const { status } = await askSocket(socketPath, 'GET', '/healthz')
  return status === 200 ? ok('answers') : failing(`answers ${status}`)
}
