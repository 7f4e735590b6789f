/** The health of a gateway in containers: what Docker has asked each of them, and what can be asked from the host. */

import { readGateway } from '../../lib/catalogue/gateway.ts'
import { portsOf } from '../administration/edge-knock.ts'
import type { Context } from '../context.ts'
import { type ComposeStatus, isUp } from '../status/compose-status.ts'
import { checkCertificate, checkEdge, checkSigningKeys, judgeFreshness } from './dependencies.ts'
import {
  type HealthCheck,
  type HealthReport,
  timed,
  toReport,
  type Verdict,
} from './health-report.ts'

const FIGURES_MS = 3000
const STATES = { serving: 'ok', done: 'ok', starting: 'failing', failing: 'failing' } as const

export async function composeHealth(
  context: Context,
  status: ComposeStatus,
  days: number,
): Promise<HealthReport> {
  const { certificate, public_url, parts, faults } = status
  const checks = await Promise.all([
    ...parts.map(({ name, verdict, status: words }) => ({
      name: name === 'valkey' ? 'store' : name,
      status: STATES[verdict],
      detail: words,
      took_ms: null,
    })),
    ...faults.map((detail) => ({
      name: 'configuration',
      status: 'warning' as const,
      detail,
      took_ms: null,
    })),
    timed('freshness', () => askFreshness(context)),
    checkSigningKeys(context),
    ...(public_url === null ? [] : [throughEdge(context, public_url)]),
    ...(certificate === null ? [] : [checkCertificate(certificate, days, context.clock())]),
  ])
  return toReport('compose', checks, isUp(status))
}

/** Of the first process: they follow the same stream. Its figures are published on this machine alone. */
async function askFreshness({ environment, workingDirectory }: Context): Promise<Verdict> {
  const { metricsPort } = readGateway(environment, workingDirectory)
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics/ext-authz-1`, {
    signal: AbortSignal.timeout(FIGURES_MS),
  })
  return judgeFreshness(await answer.text())
}

/** At the first port that answers as it should. */
async function throughEdge({ environment }: Context, publicUrl: string): Promise<HealthCheck> {
  const [port, ...others] = portsOf(publicUrl, environment)
  const ask = (one: number): Promise<HealthCheck> => checkEdge(publicUrl, one)
  const tried = await Promise.all([ask(port), ...others.map(ask)])
  return tried.find(({ status }) => status === 'ok') ?? tried[0]
}
