/** What GitHub's API tells about a person (REST API: users, emails, organizations, teams). */

import { type Identity, type Membership, type Needs, ProviderError } from '../provider.ts'
import type { AskGitHub, GitHubAnswer } from './github-fetch.ts'

export interface FactsRequest {
  readonly provider: string
  readonly apiUrl: string
  readonly ask: AskGitHub
  /** Of the person. */
  readonly token: string
  /** It was made a moment ago: whoever is refused with it is refused as who they are. */
  readonly isNew: boolean
  /** Undefined when it is not known which were granted. */
  readonly scopes: readonly string[] | undefined
  readonly needs: Needs
}

const PAGES_MAX = 20
const PAGE_SIZE = 100
/** Of one page, should a server not keep to the size that was asked for. */
const ENTRIES_MAX = 1000
/** Accounts that an enterprise manages have a suffix after an underscore. */
const LOGIN = /^[A-Za-z0-9-]{1,100}(?:_[A-Za-z0-9-]{1,39})?$/
const TEXT_CHARACTERS_MAX = 255

/**
 * What was not granted is left out: not having been told is not the same as belonging nowhere, and no
 * rule holds by it.
 * @throws ProviderError `blocked` when the account is shut out, `expired` when the token is of no use,
 * otherwise `unavailable`.
 */
export async function readFacts(request: FactsRequest): Promise<Identity> {
  const { needs, scopes } = request
  const isGranted = (scope: string): boolean => scopes === undefined || grants(scopes, scope)
  const organizes = isGranted('read:org')
  const [user, emails, organizations, teams] = await Promise.all([
    readUser(request),
    needs.emails && isGranted('user:email') ? readEmails(request) : [],
    needs.organizations && organizes ? readOrganizations(request) : undefined,
    needs.teams && organizes ? readTeams(request) : undefined,
  ])
  return { ...user, emails: emails ?? [], organizations, teams }
}

/** Scopes that include others (GitHub: scopes for OAuth apps). */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  'read:org': ['write:org', 'admin:org'],
  'user:email': ['user'],
}

function grants(scopes: readonly string[], scope: string): boolean {
  return [scope, ...(WIDER[scope] ?? [])].some((one) => scopes.includes(one))
}

/** The id alone says who it is: without a good one there is nobody. */
async function readUser(
  request: FactsRequest,
): Promise<Pick<Identity, 'providerId' | 'name' | 'login'>> {
  const answer = await get(request, `${request.apiUrl}/user`)
  if (answer.status !== 200) throw refused(request, '/user', answer)
  const { id, login } = toObject(answer.body)
  if (isId(id) && typeof login === 'string' && LOGIN.test(login)) {
    return { providerId: String(id), name: login, login: login.toLowerCase() }
  }
  throw unavailable(request, '/user: no account in the answer')
}

async function readEmails(request: FactsRequest): Promise<readonly string[] | undefined> {
  const entries = await readList(request, '/user/emails')
  const verified = entries?.filter(
    ({ email, verified }) => verified === true && isText(email) && /^[^\s@]+@[^\s@]+$/.test(email),
  )
  return verified
    ?.toSorted(
      (left, right) => Number(right['primary'] === true) - Number(left['primary'] === true),
    )
    .map(({ email }) => String(email).toLowerCase())
}

async function readOrganizations(request: FactsRequest): Promise<Membership[] | undefined> {
  const entries = await readList(request, '/user/orgs')
  return entries?.flatMap(({ id, login }) =>
    isId(id) && isText(login) ? [{ id: String(id), name: login.toLowerCase() }] : [],
  )
}

async function readTeams(request: FactsRequest): Promise<Membership[] | undefined> {
  const entries = await readList(request, '/user/teams')
  return entries?.flatMap(({ id, slug, organization }) => {
    const { login } = toObject(organization)
    if (!isId(id) || !isText(slug) || !isText(login)) return []
    return [{ id: String(id), name: `${login}/${slug}`.toLowerCase() }]
  })
}

type Entry = Readonly<Record<string, unknown>>

/**
 * All pages of a list; undefined when this person's token may not read it, which must not keep out
 * whom another rule lets in.
 */
async function readList(request: FactsRequest, path: string): Promise<Entry[] | undefined> {
  const entries: Entry[] = []
  let url = `${request.apiUrl}${path}?per_page=${PAGE_SIZE}`
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const answer = await get(request, url)
    if (isForbidden(answer)) return undefined
    entries.push(...readPage(request, path, answer))
    const next = nextPage(request, path, answer.headers.get('link'))
    if (next === undefined) return entries
    url = next
  }
  throw unavailable(request, `${path}: more than ${PAGES_MAX} pages`)
}

function readPage(request: FactsRequest, path: string, answer: GitHubAnswer): Entry[] {
  const { status, body } = answer
  if (status !== 200) throw refused(request, path, answer)
  if (!Array.isArray(body)) throw unavailable(request, `${path}: no list in the answer`)
  if (body.length > ENTRIES_MAX) throw unavailable(request, `${path}: an endless page`)
  return body.map(toObject)
}

/** Only ever further pages of the same list: the token goes nowhere else. */
function nextPage(request: FactsRequest, path: string, link: string | null): string | undefined {
  const [, next] = /<([^<>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '') ?? []
  if (next === undefined) return undefined
  const url = URL.parse(next)
  const start = new URL(request.apiUrl + path)
  // GitHub writes some of its pages by number: /user/583231/orgs.
  const isSame = url?.origin === start.origin && isSameList(url.pathname, start.pathname)
  if (!isSame) throw unavailable(request, `${path}: the next page is somewhere else`)
  return url.href
}

function isSameList(found: string, start: string): boolean {
  return found.replace(/\/user\/[0-9]+\//, '/user/') === start
}

function get({ ask, token }: FactsRequest, url: string): Promise<GitHubAnswer> {
  return ask(url, {
    headers: {
      Accept: 'application/vnd.github+json',
      Authorization: `Bearer ${token}`,
      'X-GitHub-Api-Version': '2022-11-28',
    },
  })
}

function refused(request: FactsRequest, path: string, answer: GitHubAnswer): ProviderError {
  const { provider, isNew } = request
  const { status } = answer
  if (isSuspended(answer)) {
    return new ProviderError(provider, 'blocked', `${path}: the account is suspended`)
  }
  const detail = `${path}: status ${status}${isLimited(answer) ? ', too many requests' : ''}`
  const isRefused = status === 401 || (status === 403 && isForbidden(answer))
  if (isNew && isRefused) return new ProviderError(provider, 'blocked', detail)
  // GitHub answers so for a token that was revoked, and for an account that is gone.
  if (status === 401) return new ProviderError(provider, 'expired', detail)
  return unavailable(request, detail)
}

/** By GitHub itself: a page comes from something before it, which knows nothing of this person. */
function isForbidden(answer: GitHubAnswer): boolean {
  if (answer.status !== 403 && answer.status !== 404) return false
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') === true
  return !isPage && !isLimited(answer)
}

/** Nothing but the message tells this from other refusals. */
function isSuspended(answer: GitHubAnswer): boolean {
  if (answer.status !== 403 || isLimited(answer)) return false
  return /\baccount\b.*\bsuspended\b/i.test(messageOf(answer))
}

/** Secondary limits may come without any header. */
function isLimited(answer: GitHubAnswer): boolean {
  const { status, headers } = answer
  if (status === 429) return true
  if (status !== 403) return false
  if (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')) return true
  return /\brate limit\b|\babuse detection\b/i.test(messageOf(answer))
}

function messageOf({ body }: GitHubAnswer): string {
  const { message } = toObject(body)
  return typeof message === 'string' ? message.slice(0, TEXT_CHARACTERS_MAX) : ''
}

function unavailable({ provider }: FactsRequest, detail: string): ProviderError {
  return new ProviderError(provider, 'unavailable', detail)
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= TEXT_CHARACTERS_MAX
}

function toObject(value: unknown): Entry {
  return typeof value === 'object' && value !== null ? (value as Entry) : {}
}
