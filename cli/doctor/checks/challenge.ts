import { defineCheck, passed } from '../model/check.ts'
import type { Visit } from '../model/visit.ts'
import type { HttpAnswer } from '../wire/http.ts'
import { call, initializeParams, knock } from '../wire/mcp.ts'
import { inWords, isRedirect, plain } from '../wire/words.ts'

export const challenge = defineCheck({
  id: 'challenge',
  stage: 'discovery',
  title: 'Challenge',
  about:
    'A request without a token, as the client sends its first one, is answered with 401 and `WWW-Authenticate: Bearer resource_metadata="…"`: that is how a client learns that there is a login, and where (RFC 9728 section 5.1).',
  needs: [],
  faults: {
    open: {
      severity: 'warning',
      meaning: 'The server lets everybody in: there is no login to check.',
      cure: 'Put a gateway in front of it, unless it is meant to be public.',
    },
    not_401: {
      severity: 'error',
      meaning: 'The client takes the answer for a broken server: only 401 starts a login.',
      cure: 'Check the token before method, path, `Accept` and protocol version are looked at, and answer 401 to POST, GET, HEAD and DELETE alike.',
    },
    redirected: {
      severity: 'error',
      meaning: 'Clients do not send a request or a token on to another address.',
      cure: 'Serve the MCP endpoint at the very address that people are given; look for redirects of http, of `www.` and of trailing slashes.',
    },
    server_error: {
      severity: 'error',
      meaning: 'The server, or a proxy in front of it, is in trouble.',
      cure: 'See its log: `gateway status` and `gateway logs` at this gateway.',
    },
    no_challenge: {
      severity: 'error',
      meaning:
        'A 401 without `WWW-Authenticate` does not say how to log in: several clients give up (RFC 9110 section 15.5.2).',
      cure: 'Send `WWW-Authenticate: Bearer resource_metadata="…"` with every 401, and see that no proxy takes it away.',
    },
    not_bearer: {
      severity: 'error',
      meaning: 'Clients read the first challenge only, and it is not `Bearer`.',
      cure: 'Let the `Bearer` challenge come first, in a header of its own.',
    },
    no_hint: {
      severity: 'warning',
      meaning: 'The challenge does not name the metadata of the resource: clients guess its place.',
      cure: 'Add `resource_metadata="…"` in double quotes to the challenge (RFC 9728 section 5.1).',
    },
  },
  async run(visit, find) {
    if (visit.isOpen) return find('open', 'a request without a token was answered')
    // It never sees one.
    if (visit.client.opening === 'none') return undefined
    const answer = await openAs(visit, visit.client.opening)
    const told = `${answer.method} answered ${inWords(answer)}`
    if (isRedirect(answer)) {
      return find('redirected', `${told}, to ${plain(answer.headers.get('location') ?? 'nowhere')}`)
    }
    if (answer.status >= 500) return find('server_error', told)
    if (answer.status !== 401) return find('not_401', told)
    const header = answer.headers.get('www-authenticate')
    if (header === null) return find('no_challenge', `${told} without WWW-Authenticate`)
    if (!/^Bearer(?:\s|$)/i.test(header))
      return find('not_bearer', `WWW-Authenticate: ${plain(header)}`)
    const [scope, resourceMetadata] = [
      parameter(header, 'scope'),
      parameter(header, 'resource_metadata'),
    ]
    visit.facts.challenge = { scope, resourceMetadata }
    if (resourceMetadata === undefined) return find('no_hint', `WWW-Authenticate: ${plain(header)}`)
    return passed(`${told}, WWW-Authenticate: ${plain(header)}`)
  },
})

async function openAs(visit: Visit, opening: 'POST' | 'GET' | 'HEAD'): Promise<HttpAnswer> {
  const { wire, discoveryHeaders } = visit.client
  if (opening !== 'POST') return await knock(visit, { method: opening, headers: discoveryHeaders })
  if (wire.opens === 'initialize') {
    return (await call(visit, { method: 'initialize', params: initializeParams(wire.version) }))
      .http
  }
  const session = { era: 'discover', version: wire.version, id: undefined } as const
  return (await call(visit, { method: 'server/discover', session })).http
}

/** As clients read it: in double quotes, the first. */
function parameter(header: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\s,])${name}="([^"]*)"`).exec(header)?.[1]
}
