/** Ends a login at the server too (RFC 7009). */

import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'
import type { Login } from '../store/login.ts'
import { authenticatedForm } from './client-authentication.ts'

/**
 * The refresh token first: with it ends the grant, and at most servers what was minted under it.
 * @returns false when the server has no way to.
 */
export async function revokeLogin({ server, client, tokens }: Login): Promise<boolean> {
  const endpoint = server.revocation_endpoint
  if (endpoint === undefined || tokens === undefined) return false
  let isRevoked = false
  for (const hint of ['refresh_token', 'access_token'] as const) {
    const token = tokens[hint]
    if (token === undefined) continue
    const form = authenticatedForm(server, client, { token, token_type_hint: hint })
    isRevoked = (await send(endpoint, form)) || isRevoked
  }
  return isRevoked
}

/** @returns false for a kind of token that cannot be revoked there, and ends by itself (section 2.2.1). */
async function send(endpoint: string, form: RequestInit): Promise<boolean> {
  const answer = await fetchBriefly(endpoint, form)
  const body = await answer.text()
  if (answer.ok) return true
  if (answer.status === 400 && body.includes('unsupported_token_type')) return false
  throw new CliError(`${endpoint} answered ${answer.status}: the login may be alive there.`, {
    nextStep: 'try again, or end it on the account page; --local forgets it here all the same',
  })
}
