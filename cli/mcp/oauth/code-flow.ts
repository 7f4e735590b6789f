/** The authorization code flow with PKCE, `state` and `iss` (RFC 6749, 7636, 8707, 9207). */

import { randomBytes } from 'node:crypto'
import {
  exchangeAuthorization,
  type OAuthTokens,
  startAuthorization,
  validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'
import type { KnownClient } from '../store/login.ts'
import type { Discovered } from './discover.ts'
import type { ServerMetadata } from './server-metadata.ts'

export interface CodeFlow extends Pick<Discovered, 'server' | 'resource' | 'scope'> {
  readonly client: KnownClient
  readonly redirectUri: string
  /** Shows a person the URL; resolves with the parameters that the redirect carries. */
  readonly ask: (url: URL, state: string) => Promise<URLSearchParams>
}

export async function runCodeFlow(flow: CodeFlow): Promise<OAuthTokens> {
  const { server, client, redirectUri, resource, scope } = flow
  const state = randomBytes(16).toString('base64url')
  const { authorizationUrl, codeVerifier } = await startAuthorization(server.issuer, {
    metadata: server,
    clientInformation: client,
    redirectUrl: redirectUri,
    state,
    ...(scope !== undefined && { scope }),
    ...(resource !== undefined && { resource }),
  })
  const answer = await flow.ask(authorizationUrl, state)
  const iss = answer.get('iss') ?? undefined
  const authorizationCode = requireCode(flow, answer, state)
  return await exchangeAuthorization(server.issuer, {
    metadata: server,
    clientInformation: client,
    authorizationCode,
    codeVerifier,
    redirectUri,
    fetchFn: fetchBriefly,
    ...(iss !== undefined && { iss }),
    ...(resource !== undefined && { resource }),
  })
}

/** Who does not say that it knows S256 may ignore the challenge, and is not gone on with (MCP, authorization). */
export function requirePkce({
  issuer,
  code_challenge_methods_supported: methods,
}: ServerMetadata): void {
  if (methods?.includes('S256') === true) return
  throw new CliError(`${issuer} does not say that it knows PKCE with S256, which MCP requires.`, {
    nextStep:
      'ask its operator for code_challenge_methods_supported in its metadata; or try --device',
  })
}

/** `iss` comes first: what another server's answer says is not shown (RFC 9207 section 2.4). */
function requireCode({ server }: CodeFlow, answer: URLSearchParams, state: string): string {
  validateAuthorizationResponseIssuer({
    iss: answer.get('iss') ?? undefined,
    expectedIssuer: server.issuer,
    issParameterSupported: server.authorization_response_iss_parameter_supported === true,
  })
  if (answer.get('state') !== state) {
    throw new CliError('The answer belongs to another login.', { nextStep: 'run it again' })
  }
  const error = answer.get('error')
  if (error !== null) {
    const words = answer.get('error_description') ?? ''
    throw new CliError(`${server.issuer} did not let you in: ${`${error} ${words}`.trim()}.`)
  }
  const code = answer.get('code')
  if (code !== null) return code
  throw new CliError('The answer holds no code.', { nextStep: 'run it again' })
}
