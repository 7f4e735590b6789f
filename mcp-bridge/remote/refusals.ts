/**
 * What a status of a remote server means for the person who asked, and who can do something about it.
 *
 * Its challenge and its cookies stay here: a client would take them for ours, and throw away a login
 * that is good.
 */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { RpcFault } from '../json-rpc.ts'
import { toUnusable } from './failures.ts'
import type { Credentials, RemotePlan } from './remote-plan.ts'

/** Seconds, or a date. */
const RETRY_AFTER = /^[0-9A-Za-z ,:]{1,40}$/

export function toRefusal(
  { statusCode: status = 0, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
  { service, credentials }: Pick<RemotePlan, 'service' | 'credentials'>,
  accountPage: string,
): RpcFault {
  if (status === 401 || status === 403) {
    const wantsLogin = status === 401 && /^bearer\b/i.test(headers['www-authenticate'] ?? '')
    const help = HELP[credentials]({ wantsLogin, accountPage })
    const what = status === 401 ? 'asks for credentials' : 'forbids this'
    return refused(service, `${what} (${status}): ${help}`, status)
  }
  if (status >= 300 && status < 400) {
    return toUnusable(
      service,
      `answers with a redirect (${status}), which is not followed: the operator must write its real address`,
      status,
    )
  }
  if (status !== 429 && status !== 503) {
    return toUnusable(service, `answered with status ${status}`, status)
  }
  return refused(service, `has too much to do (${status}): ${waitFor(headers)}`, status)
}

function waitFor({ 'retry-after': after = '' }: IncomingHttpHeaders): string {
  return RETRY_AFTER.test(after) ? `try again after ${after}` : 'try again later'
}

function refused(service: string, what: string, status: number): RpcFault {
  const message = `the service ${service}: its server ${what}`
  return new RpcFault(502, 'refused', message, { data: { status } })
}

interface Case {
  /** It offers a login of each person (OAuth). */
  readonly wantsLogin: boolean
  readonly accountPage: string
}

const HELP: Readonly<Record<Credentials, (one: Case) => string>> = {
  none: ({ wantsLogin }) =>
    wantsLogin
      ? 'it wants each person to log in there (OAuth), which this gateway cannot do towards remote servers yet; the operator can set headers, userSecrets or oauth for it'
      : 'the operator must set headers, userSecrets or oauth for it',
  operator: () => 'the operator must check the headers of this service',
  person: ({ accountPage }) =>
    `what you have entered for it may be wrong or no longer valid: enter it anew at ${accountPage}`,
  oauth: () => 'the operator must check the client, scope and resource under oauth of this service',
}
