/** Tells a store that fails from a request that fails: any rejection of a record family becomes 503. */

import { OAuthError } from '../../lib/oauth/error.ts'

type Verb = (...input: never[]) => Promise<unknown>

/**
 * The same family, whose verbs reject with `temporarily_unavailable` when the store cannot answer.
 * A verb's own refusals are outcomes, never rejections, so nothing else is hidden by this.
 */
export function orUnavailable<Family extends { readonly [K in keyof Family]: Verb }>(
  family: Family,
): Family {
  const wrapped = Object.entries<Verb>(family).map(([name, verb]) => [name, guard(verb)])
  return Object.fromEntries(wrapped) as Family
}

function guard(verb: Verb): Verb {
  return (...input) => verb(...input).catch(refuse)
}

function refuse(cause: unknown): never {
  throw new OAuthError('temporarily_unavailable', 'the store does not answer: try again', { cause })
}
