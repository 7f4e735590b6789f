/** What people read on pages: explanations of errors, and what went wrong at a login provider. */

import type { ProviderFault } from '../../../oauth-server/login/providers/provider.ts'
import { error } from '../../../oauth-server/pages/words/error.ts'
import { who } from '../../../oauth-server/pages/words/who.ts'
import { code, table } from '../markdown.ts'

export function pagesTable(): string {
  const words: Readonly<Record<string, string>> = error.en
  const keys = Object.keys(words).filter((key) => Object.hasOwn(words, `${key}-next`))
  return table(
    ['the page says', 'whose it is', 'what to do'],
    keys.map((key) => [words[key] ?? '', words[`${key}-whose`] ?? '', words[`${key}-next`] ?? '']),
  )
}

/** Every kind of fault has its words; a new one does not compile without. */
const FAULTS: Readonly<
  Record<ProviderFault, readonly [says: string, cause: string, cure: string]>
> = {
  cancelled: [who.en.loginCancelled, 'The person said no at the provider.', 'Nothing.'],
  blocked: [
    who.en.accountBlocked,
    'The account is suspended or closed there.',
    'The provider’s administrator, or another account.',
  ],
  unavailable: [
    who.en.providerUnavailable,
    'It does not answer, answers slowly, or with something else than its protocol.',
    'Wait. The log has `detail`.',
  ],
  misconfigured: [
    who.en.providerMisconfigured,
    'It refuses the gateway: client ID, secret, redirect URI, scope or issuer.',
    'The operator compares them with [the provider’s section](login-providers.md); `detail` in the log has its error code.',
  ],
  invalid: [
    who.en.providerInvalid,
    'An answer that must not be believed: signature, issuer, audience, nonce, state.',
    'The log says which. If it goes on, somebody is in between, or the issuer is not the one configured.',
  ],
  expired: [
    who.en.providerInvalid,
    'A token of the provider’s is of no use any more.',
    'The person logs in again.',
  ],
}

export function providersTable(): string {
  return table(
    ['`fault` in the log', 'the page says', 'cause', 'cure'],
    Object.entries(FAULTS).map(([fault, words]) => [code(fault), ...words]),
  )
}
