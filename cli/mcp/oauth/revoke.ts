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
  for (const hint of ['refresh_token', 'access_token'] as const) {
    const token = tokens[hint]
    if (token === undefined) continue
    const form = authenticatedForm(server, client, { token, token_type_hint: hint })
    const answer = await fetchBriefly(endpoint, form)
    await answer.body?.cancel()
    if (answer.ok) continue
    throw new CliError(`${endpoint} answered ${answer.status}: the login may be alive there.`, {
      nextStep: 'try again, or end it on the account page; --local forgets it here all the same',
    })
  }
  return true
}
