/** `gateway start --tls`: the same gateway, on https://localhost, with certificates of its own. */

import { DEFAULT_PORT } from '../../lib/catalogue/ports.ts'
import {
  type Environment,
  flag,
  optional,
  readEnvironment,
} from '../../lib/platform/environment.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'

const { GATEWAY_TLS } = { GATEWAY_TLS: optional(flag, false) }

/** @param isAsked by the option; `GATEWAY_TLS` says the same, for `.env`. */
export function withDevelopmentTls(context: Context, { isAsked = false } = {}): Context {
  const { environment } = context
  if (!isAsked && !readEnvironment({ GATEWAY_TLS }, environment).GATEWAY_TLS) return context
  const issuer = { PUBLIC_URL: issuerOf(environment), PUBLIC_URL_FILE: undefined }
  return { ...context, environment: { ...environment, ...issuer, GATEWAY_TLS: 'true' } }
}

function issuerOf(environment: Environment): string {
  const { PUBLIC_URL: given = '', BASE_DOMAIN: domain = '', GATEWAY_PORT = '' } = environment
  if (given.startsWith('http:')) {
    throw new CliError(`--tls makes https of the address, and PUBLIC_URL=${given} says http.`, {
      nextStep: `unset PUBLIC_URL, or start with PUBLIC_URL=${given.replace('http:', 'https:')}`,
    })
  }
  if (given !== '') return given
  const host = domain === '' ? 'localhost' : `auth.${domain}`
  return `https://${host}:${GATEWAY_PORT === '' ? DEFAULT_PORT : GATEWAY_PORT}`
}
