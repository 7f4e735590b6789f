/**
 * The tags of an image (OCI Distribution Specification 1.1, "Listing Tags"), with the token that Docker Hub
 * and others hand out to whoever asks for it.
 */

const DEADLINE_MS = 15_000
const PAGES_MAX = 30

export interface Place {
  /** Its host, with a port where there is one. */
  readonly registry: string
  readonly repository: string
}

/** @throws Error in words when they cannot be had. */
export async function listTags(place: Place, fetchOf: typeof fetch): Promise<string[]> {
  const { registry, repository } = place
  const tags: string[] = []
  let authorization: string | undefined
  let url: URL | undefined = new URL(`https://${registry}/v2/${repository}/tags/list?n=1000`)
  for (let page = 0; page < PAGES_MAX && url !== undefined; page += 1) {
    let response = await get(url, authorization, fetchOf)
    if (response.status === 401 && authorization === undefined) {
      authorization = await obtainToken(response.headers.get('www-authenticate') ?? '', fetchOf)
      response = await get(url, authorization, fetchOf)
    }
    tags.push(...(await readTags(response)))
    url = nextOf(response, url, registry)
  }
  return tags
}

async function readTags(response: Response): Promise<readonly string[]> {
  if (!response.ok) throw new Error(`status ${response.status}`)
  const { tags } = (await response.json()) as { readonly tags?: readonly string[] | null }
  return tags ?? []
}

/** The token is the registry's, and nobody else's. */
function nextOf(response: Response, url: URL, registry: string): URL | undefined {
  const [, link] = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('link') ?? '') ?? []
  if (link === undefined) return undefined
  const next = new URL(link, url)
  if (next.protocol === 'https:' && next.host === registry) return next
  throw new Error(`it leads on to another host, ${next.host}`)
}

async function obtainToken(challenge: string, fetchOf: typeof fetch): Promise<string> {
  const members = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
  const url = URL.parse(members['realm'] ?? '')
  if (!/^Bearer /i.test(challenge) || url?.protocol !== 'https:') {
    throw new Error('it asks for a login')
  }
  for (const name of ['service', 'scope']) {
    const value = members[name]
    if (value !== undefined) url.searchParams.set(name, value)
  }
  const response = await get(url, undefined, fetchOf)
  if (!response.ok) throw new Error(`it gives no token (status ${response.status})`)
  const { token, access_token } = (await response.json()) as Record<string, string | undefined>
  return `Bearer ${token ?? access_token ?? ''}`
}

async function get(
  url: URL,
  authorization: string | undefined,
  fetchOf: typeof fetch,
): Promise<Response> {
  return await fetchOf(url, {
    headers: authorization === undefined ? {} : { authorization },
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
}
