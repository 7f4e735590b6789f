/** What went wrong between here and an authorization server, for a person, with what to do about it. */

import {
  InsecureTokenEndpointError,
  IssuerMismatchError,
  OAuthError,
} from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'

/** Undefined for what is none of these. */
export function explain(error: unknown, url: string): CliError | undefined {
  if (error instanceof CliError) return error
  if (error instanceof IssuerMismatchError) {
    // What the other one says of itself is not repeated: it may be an attack (RFC 9207 section 2.4).
    return new CliError(`The answer is not from ${error.expected}: the login was given up.`, {
      nextStep: 'tell the operator of the server; its issuer must be the same everywhere',
      cause: error,
    })
  }
  if (error instanceof InsecureTokenEndpointError) {
    return new CliError('The token endpoint is plain http: no token is asked for there.', {
      nextStep: 'tell the operator of the server: https is required',
      cause: error,
    })
  }
  if (error instanceof OAuthError) {
    return new CliError(`The authorization server refused: ${error.code} ${error.message}`.trim(), {
      nextStep: `gateway login ${url}`,
      cause: error,
    })
  }
  return explainNetwork(error, url)
}

/** Whether `fetch` got no answer: nobody is there, the way is broken, or it took too long. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // Any other TypeError is a mistake in a program, with a stack that tells where.
  const isCutOff = /^(?:fetch failed|terminated)$/.test(error.message)
  return error.name === 'TimeoutError' || (error instanceof TypeError && isCutOff)
}

const CERTIFICATE_CODES = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|TLS/

function explainNetwork(error: unknown, url: string): CliError | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'TimeoutError') {
    return new CliError(`${url} does not answer in time.`, { nextStep: 'try again', cause: error })
  }
  if (!isUnanswered(error)) return undefined
  const { code, message = error.message } = (error.cause ?? {}) as {
    code?: string
    message?: string
  }
  const reason = code ?? message
  const nextStep = CERTIFICATE_CODES.test(reason)
    ? 'NODE_EXTRA_CA_CERTS=FILE makes a certificate authority of your own known'
    : 'is the address right, and the server running?'
  return new CliError(`${url} cannot be reached (${reason}).`, { nextStep, cause: error })
}
