/** What both kinds of gateway are asked alike: keys, the certificate, how fresh the edge is, the way through Envoy. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { CertificateStatus } from '../../certs/status.ts'
import type { KeyEntry, Page } from '../../lib/oauth/administration.ts'
import { withAdministration } from '../administration/with-administration.ts'
import type { Context } from '../context.ts'
import { askHttp } from '../supervisor/readiness.ts'
import { failing, type HealthCheck, ok, timed, type Verdict } from './health-report.ts'

const DAY_MS = 86_400_000
const ANSWER_MS = 10_000
/** Older than that the edge asks the store for each request (and refuses when it cannot). */
const STALENESS_MS_MAX = 2000
const STALENESS = /^mcp_gateway_revocation_staleness_seconds(?:\{[^}]*\})? (\S+)$/m

/** Whether there is a key that signs. */
export function checkSigningKeys(context: Context): Promise<HealthCheck> {
  return timed('signing-keys', async () => {
    let keys: readonly KeyEntry[] = []
    await withAdministration(context, async (administration) => {
      // A part that hangs must not hold up whoever asks for its health.
      const late = sleep(ANSWER_MS, undefined, { ref: false })
      const answer = await Promise.race([administration.ask<Page<KeyEntry>>('keys/list', {}), late])
      if (answer === undefined) throw new Error('no answer in time')
      keys = answer.entries
    })
    const signing = keys.find(({ state }) => state === 'signing')
    if (signing === undefined) return failing('no key signs: gateway keys rotate --soon')
    return ok(`${signing.algorithm} since ${signing.signs_from}, ${keys.length} published`)
  })
}

/** @param port where Envoy listens on this machine. */
export function checkEdge(publicUrl: string, port: number): Promise<HealthCheck> {
  return timed('edge', async () => {
    const { host, hostname, protocol } = new URL(publicUrl)
    const status = await askHttp({
      host: '127.0.0.1',
      port,
      path: '/jwks',
      headers: { host },
      secure: protocol === 'https:',
      ...(protocol === 'https:' && { servername: hostname }),
    })
    if (status === 200) return ok(`Envoy at port ${port} passes requests on`)
    return failing(`port ${port} ${status === undefined ? 'does not answer' : `answers ${status}`}`)
  })
}

/** @param figures of one ext-authz, for Prometheus. */
export function judgeFreshness(figures: string): Verdict {
  const [, seconds] = STALENESS.exec(figures) ?? []
  if (seconds === undefined) return failing('does not tell how fresh it is')
  // `+Inf` before the first proof.
  const ms = seconds === '+Inf' ? Number.POSITIVE_INFINITY : Math.round(Number(seconds) * 1000)
  return ms <= STALENESS_MS_MAX
    ? ok(`knows of every revocation up to ${ms} ms ago`)
    : failing(
        `has heard nothing from the store for ${Number.isFinite(ms) ? `${ms} ms` : 'as long as it runs'}`,
      )
}

/** @param days before its end from which on it is near. */
export function checkCertificate(
  { placeholder, not_after, fault, names }: CertificateStatus,
  days: number,
  now: number,
): HealthCheck {
  const left = Math.floor((Date.parse(not_after) - now) / DAY_MS)
  const told = `for ${names[0] ?? 'nobody'}, ${left} days left${fault === null ? '' : `; ${fault}`}`
  const check = (status: HealthCheck['status'], detail: string): HealthCheck => ({
    name: 'certificate',
    status,
    detail,
    took_ms: null,
  })
  if (placeholder)
    return check('failing', `a placeholder that nobody trusts; ${fault ?? 'none yet'}`)
  if (Date.parse(not_after) <= now) return check('failing', `it has ended; ${told}`)
  return check(left < days || fault !== null ? 'warning' : 'ok', told)
}
