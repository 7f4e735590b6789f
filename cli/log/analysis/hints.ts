/** What figures suggest to do: a sentence each, with the next step. */

import type { Analysis, Refusal } from './analysis.ts'

type Figures = Omit<Analysis, 'hints'>

/** Fewer are everyday life: a token expires, somebody mistypes. */
const OFTEN = 10
const SLOW_MS = 10_000
/** So many registrations for one login: a client that forgets its own. */
const REGISTRATIONS_PER_LOGIN = 5

/** By reason, what is wrong when one caller meets it again and again. */
const CURES: Readonly<Record<string, string>> = {
  wrong_audience:
    'its token is for another service. Each service has a login of its own: remove this server in that client and add it again',
  expired:
    'its token has expired and it does not refresh it: log in again there, and look whether the client has an update',
  revoked: 'what it has was revoked: log in again there, or remove this server in that client',
  malformed: 'what it sends is no token of this gateway: remove the header that was set by hand',
  bad_signature: 'its token was signed by somebody else: log in again there',
  unknown_key:
    'its token is of a key that is gone, as after a restore without keys: log in again there',
  insufficient_scope:
    'its token lacks a scope that the service needs: log in again there, and approve all of it',
  foreign_origin:
    'a web page calls that is not allowed to: name its origin in MCP_CORS_ORIGINS if you know it',
}

export function toHints(figures: Figures): string[] {
  return [
    ...figures.refused.filter(({ count }) => count >= OFTEN).flatMap(toRefusalHint),
    ...storeHints(figures),
    ...limitHints(figures),
    ...registrationHints(figures),
    ...slowHints(figures),
    ...endingHints(figures),
  ]
}

function toRefusalHint({ who, reason, service, count }: Refusal): string[] {
  const cure = CURES[reason]
  return cure === undefined
    ? []
    : [`${who} was refused ${count} times at ${service} (${reason}): ${cure}.`]
}

function storeHints({ refusals }: Figures): string[] {
  const away = countOf(refusals, 'store_unavailable') + countOf(refusals, 'keys_unavailable')
  return away === 0
    ? []
    : [`${away} requests were refused because the store did not answer: gateway logs valkey.`]
}

function limitHints({ by_status }: Figures): string[] {
  const limited = countOf(by_status, '429')
  return limited < OFTEN
    ? []
    : [
        `${limited} requests met a rate limit: RATE_LIMIT_FACTOR raises all of them, if these were yours.`,
      ]
}

function registrationHints({ logins }: Figures): string[] {
  const registered = countOf(logins, 'clients registered')
  const completed = countOf(logins, 'logins completed')
  if (registered < OFTEN || registered < completed * REGISTRATIONS_PER_LOGIN) return []
  return [
    `${registered} clients registered for ${completed} logins: one registers anew each time. gateway registrations shows which, gateway clients reap removes what nobody approved.`,
  ]
}

function slowHints({ tools }: Figures): string[] {
  return tools
    .filter(({ p95_ms, calls }) => p95_ms >= SLOW_MS && calls >= OFTEN)
    .map(
      ({ service, tool, p95_ms }) =>
        `${service}/${tool} takes ${Math.round(p95_ms / 1000)} s or more in one call of twenty: many clients give up after a minute.`,
    )
}

const ENDED = /^mcp-bridge: server process ended without being asked to \((.+)\)$/

function endingHints({ errors }: Figures): string[] {
  return errors.flatMap(({ name, count }) => {
    const [, service] = ENDED.exec(name) ?? []
    return service === undefined || count < 3
      ? []
      : [
          `The server of ${service} ended ${count} times by itself: gateway services test ${service}, gateway logs mcp-bridge --service ${service}.`,
        ]
  })
}

function countOf(ranked: Figures['refusals'], name: string): number {
  return ranked.find((one) => one.name === name)?.count ?? 0
}
