/** Who somebody is, by the claims that a provider makes (OpenID Connect Core section 5.1). */

import type { OidcSettings } from '../../../../lib/catalogue/providers.ts'
import { cleanName } from '../fit-identity.ts'
import { type Identity, type Needs, ProviderError } from '../provider.ts'

export type Claims = Readonly<Record<string, unknown>>

type Subject = Pick<OidcSettings, 'name' | 'loginClaim' | 'groupsClaim' | 'trustsEmail'>

/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const SUBJECT = /^(?! )[\x20-\x7e]{1,255}(?<! )$/
/** ASCII alone: in lower case, letters of other scripts turn into those of another address. */
const EMAIL = /^[\x21-\x3f\x41-\x7e]{1,64}@[a-z0-9.-]{1,189}$/i
const GROUPS_MAX = 2000
const GROUP_CHARACTERS_MAX = 256

/**
 * @param sources claims about the same person, the most trustworthy first.
 * @throws ProviderError `unavailable` where they cannot be told.
 */
export function toIdentity(
  settings: Subject,
  needs: Pick<Needs, 'groups'>,
  sources: readonly Claims[],
): Identity {
  const subject = read(sources, 'sub')
  if (typeof subject !== 'string' || !SUBJECT.test(subject)) {
    throw unavailable(settings, 'its subject identifier is not 1 to 255 ASCII characters')
  }
  const email = findEmail(settings, sources)
  return {
    providerId: subject,
    name: findName(settings, sources, email) ?? subject,
    login: findLogin(settings, sources, email),
    emails: email === undefined ? [] : [email],
    ...(needs.groups ? { groups: findGroups(settings, sources) } : {}),
  }
}

/** Whether there may be more to learn about the person elsewhere. */
export function isIncomplete(
  settings: Subject,
  needs: Pick<Needs, 'groups'>,
  claims: Claims,
): boolean {
  const { loginClaim, groupsClaim, trustsEmail } = settings
  const wanted = [loginClaim, 'email', ...(trustsEmail ? [] : ['email_verified'])]
  return [...wanted, ...(needs.groups ? [groupsClaim] : [])].some((name) => !has(claims, name))
}

/** Whether these claims say to which groups somebody belongs. */
export function tellsGroups({ groupsClaim }: Subject, claims: Claims): boolean {
  return has(claims, groupsClaim)
}

function findName(
  { loginClaim }: Subject,
  sources: readonly Claims[],
  email: string | undefined,
): string | undefined {
  const candidates = [read(sources, loginClaim), email, read(sources, 'name')]
  return candidates
    .filter((candidate) => typeof candidate === 'string')
    .map(cleanName)
    .find((candidate) => candidate !== '')
}

/**
 * Exactly as it is written: what has to be mended before it can be shown is not the login that it then looks
 * like. A name that people give themselves as they like is none.
 */
function findLogin(
  { loginClaim }: Subject,
  sources: readonly Claims[],
  email: string | undefined,
): string | undefined {
  const claim = read(sources, loginClaim)
  if (claim === undefined || loginClaim === 'email') return email
  return typeof claim === 'string' && claim !== '' && cleanName(claim) === claim ? claim : undefined
}

/** The first source that says whether it knows the address decides: claims of two are not mixed. */
function findEmail({ trustsEmail }: Subject, sources: readonly Claims[]): string | undefined {
  const decides = (claims: Claims): boolean =>
    has(claims, 'email') && (trustsEmail || has(claims, 'email_verified'))
  const { email, email_verified: verified } = sources.find(decides) ?? {}
  // Some send it as a text.
  const isVerified = trustsEmail || verified === true || verified === 'true'
  if (!isVerified || typeof email !== 'string' || !EMAIL.test(email)) return undefined
  return email.toLowerCase()
}

function findGroups(settings: Subject, sources: readonly Claims[]): readonly string[] {
  const { groupsClaim } = settings
  const value = read(sources, groupsClaim)
  if (value === undefined) {
    if (sources.some((claims) => isElsewhere(settings, claims))) {
      const detail = `more groups than fit into ${groupsClaim}: let the provider send only those assigned to this application`
      throw unavailable(settings, detail)
    }
    return []
  }
  const groups = typeof value === 'string' ? [value] : value
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
    throw unavailable(settings, `${groupsClaim} is not a list of texts`)
  }
  if (groups.length > GROUPS_MAX) {
    throw unavailable(settings, `more than ${GROUPS_MAX} groups in ${groupsClaim}`)
  }
  const known = groups.filter((group) => group !== '' && group.length <= GROUP_CHARACTERS_MAX)
  return [...new Set(known)]
}

/** Too many for a token: it only says where they are (OpenID Connect Core 5.6.2, as Microsoft does). */
function isElsewhere({ groupsClaim }: Subject, claims: Claims): boolean {
  const names = claims['_claim_names']
  const isNamed = typeof names === 'object' && names !== null && Object.hasOwn(names, groupsClaim)
  return isNamed || claims['hasgroups'] === true
}

function has(claims: Claims, name: string): boolean {
  return Object.hasOwn(claims, name) && claims[name] !== undefined && claims[name] !== null
}

function read(sources: readonly Claims[], name: string): unknown {
  return sources.find((claims) => has(claims, name))?.[name]
}

function unavailable({ name }: Subject, detail: string): ProviderError {
  return new ProviderError(name, 'unavailable', detail)
}
