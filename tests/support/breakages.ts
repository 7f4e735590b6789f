/** Ways in which logins break in the world, as alterations of a healthy gateway; each with what the doctor must say. */

import { type Alteration, type Answered, alterJson } from './altering-proxy.ts'

export interface Breakage {
  readonly name: string
  /** As which client it shows. */
  readonly client: string
  /** The failures, and there are no others, `check.fault`. */
  readonly failures: readonly string[]
  readonly warnings?: readonly string[]
  /** Words that the cure must have. */
  readonly cure: RegExp
  /** New for each run: it may remember. */
  readonly alteration: () => Alteration
}

const RESOURCE = '/.well-known/oauth-protected-resource'
const SERVER = '/.well-known/oauth-authorization-server'
const isMcp = (path: string): boolean => path === '/echo/mcp'
const PAGE: Partial<Answered> = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Welcome</title>',
}
const json = (status: number, body: object): Partial<Answered> => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
})

/** Alters a JSON document wherever a path begins so. */
const document = (
  path: string,
  change: (document: Record<string, unknown>) => void,
): (() => Alteration) => {
  return () => ({
    after(asked, answered) {
      if (asked.path.startsWith(path) && answered.status === 200) alterJson(answered, change)
    },
  })
}

const header = (name: string): (() => Alteration) => {
  return () => ({
    after(asked, answered) {
      if (isMcp(asked.path) && asked.method !== 'OPTIONS') delete answered.headers[name]
    },
  })
}

const refreshOf = (body: string): string | undefined => {
  const form = new URLSearchParams(body)
  return form.get('grant_type') === 'refresh_token' ? (form.get('refresh_token') ?? '') : undefined
}

export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'the resource calls itself by the address inside',
    client: 'claude',
    failures: ['resource.other_host'],
    cure: /`resource` be the address/,
    alteration: document(RESOURCE, (document) => {
      document['resource'] = 'http://gateway.internal:8642/echo/mcp'
    }),
  },
  {
    name: 'the resource has a slash too many',
    client: 'cursor',
    failures: ['resource.trailing_slash'],
    cure: /byte for byte/,
    alteration: document(RESOURCE, (document) => {
      document['resource'] = `${String(document['resource'])}/`
    }),
  },
  {
    name: 'the metadata does not say S256',
    client: 'typescript-sdk',
    failures: ['pkce-metadata.no_s256'],
    cure: /code_challenge_methods_supported/,
    alteration: document(SERVER, (document) => {
      delete document['code_challenge_methods_supported']
    }),
  },
  {
    name: 'the issuer has a slash too many',
    client: 'claude',
    failures: ['issuer.trailing_slash', 'login.iss_wrong'],
    cure: /one string for the issuer/,
    alteration: document(SERVER, (document) => {
      document['issuer'] = `${String(document['issuer'])}/`
    }),
  },
  {
    name: 'a 401 without WWW-Authenticate',
    client: 'chatgpt',
    failures: ['challenge.no_challenge'],
    cure: /WWW-Authenticate/,
    alteration: header('www-authenticate'),
  },
  {
    name: 'GET is 404 before it is 401',
    client: 'mcp-remote',
    failures: ['challenge.not_401', 'methods.not_401'],
    cure: /comes before 400/,
    alteration: () => ({
      instead: ({ method, path, headers }) =>
        method === 'GET' && isMcp(path) && headers.authorization === undefined
          ? { status: 404 }
          : undefined,
    }),
  },
  {
    name: 'answers that a web page may not read',
    client: 'web-page',
    failures: ['cors-answer.unreadable'],
    cure: /Access-Control-Allow-Origin/,
    alteration: header('access-control-allow-origin'),
  },
  {
    name: 'headers that a web page does not see',
    client: 'web-page',
    failures: ['cors-answer.not_exposed'],
    cure: /Access-Control-Expose-Headers/,
    alteration: header('access-control-expose-headers'),
  },
  {
    name: 'a preflight that wants a token',
    client: 'web-page',
    failures: ['preflight.refused'],
    cure: /OPTIONS/,
    alteration: () => ({
      instead: ({ method }) => (method === 'OPTIONS' ? { status: 401 } : undefined),
    }),
  },
  {
    name: 'a redirect of /.well-known',
    client: 'vscode',
    failures: ['resource-metadata.redirected', 'server-metadata.redirected'],
    cure: /out of redirects/,
    alteration: () => ({
      instead: ({ path }) =>
        path.startsWith('/.well-known/')
          ? { status: 301, headers: { location: `https://www.example.com${path}` } }
          : undefined,
    }),
  },
  {
    name: 'a page instead of the metadata',
    client: 'claude-code',
    failures: ['resource-metadata.not_json'],
    cure: /no proxy answer with pages/,
    alteration: () => ({
      instead: ({ path }) => (path.startsWith(RESOURCE) ? PAGE : undefined),
    }),
  },
  {
    name: 'a token endpoint that answers with a page',
    client: 'typescript-sdk',
    failures: ['token.not_json', 'endpoints.not_json'],
    cure: /Route the token endpoint/,
    alteration: () => ({
      instead: ({ path }) => (path === '/token' ? PAGE : undefined),
    }),
  },
  {
    name: 'a registration that takes no loopback ports',
    client: 'mcp-remote',
    failures: ['registration.loopback_refused'],
    cure: /at any port/,
    alteration: () => ({
      instead: ({ path, body }) =>
        path === '/register' && /"http:\/\/(?:localhost|127)/.test(body)
          ? json(400, { error: 'invalid_redirect_uri', error_description: 'must be https' })
          : undefined,
    }),
  },
  {
    name: 'a registration that takes no schemes of applications',
    client: 'cursor',
    failures: ['registration.redirect_refused'],
    cure: /private-use schemes/,
    alteration: () => ({
      instead: ({ path, body }) =>
        path === '/register' && body.includes('cursor://')
          ? json(400, { error: 'invalid_redirect_uri' })
          : undefined,
    }),
  },
  {
    name: 'an answer without the iss that was promised',
    client: 'codex',
    failures: ['login.iss_missing'],
    cure: /Send `iss`/,
    alteration: () => ({
      after(_, answered) {
        const location = URL.parse(String(answered.headers['location'] ?? ''))
        if (location?.searchParams.has('iss') !== true) return
        location.searchParams.delete('iss')
        answered.headers['location'] = location.href
      },
    }),
  },
  {
    name: 'a token that its own resource refuses',
    client: 'gemini',
    failures: ['session.token_refused'],
    cure: /audience/,
    alteration: () => ({
      instead: ({ path, headers, body }) =>
        isMcp(path) && headers.authorization !== undefined && body.includes('initialize')
          ? { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
          : undefined,
    }),
  },
  {
    name: 'a refresh that keeps the new refresh token to itself',
    client: 'chatgpt',
    failures: ['refresh-again.login_lost'],
    cure: /send the new one with the answer/,
    alteration: () => {
      const used = new Set<string>()
      return {
        instead({ path, body }) {
          const token = path === '/token' ? refreshOf(body) : undefined
          return token !== undefined && used.has(token)
            ? json(400, { error: 'invalid_grant' })
            : undefined
        },
        after(asked, answered) {
          const token = asked.path === '/token' ? refreshOf(asked.body) : undefined
          if (token === undefined || answered.status !== 200) return
          used.add(token)
          alterJson(answered, (document) => {
            delete document['refresh_token']
          })
        },
      }
    },
  },
  {
    name: 'a refresh token that never changes',
    client: 'vscode',
    failures: [],
    warnings: ['rotation.not_rotated'],
    cure: /Rotate refresh tokens/,
    alteration: () => ({
      after(asked, answered) {
        const token = asked.path === '/token' ? refreshOf(asked.body) : undefined
        if (token === undefined || answered.status !== 200) return
        alterJson(answered, (document) => {
          document['refresh_token'] = token
        })
      },
    }),
  },
  {
    name: 'a login that ends when two refresh at once',
    client: 'claude-code',
    failures: ['refresh-repeat.login_ended'],
    cure: /half a minute/,
    alteration: () => {
      const used = new Set<string>()
      let isEnded = false
      return {
        instead({ path, body }) {
          const token = path === '/token' ? refreshOf(body) : undefined
          if (token === undefined) return undefined
          isEnded ||= used.has(token)
          used.add(token)
          return isEnded ? json(400, { error: 'invalid_grant' }) : undefined
        },
      }
    },
  },
  {
    name: 'a revocation that is not obeyed',
    client: 'typescript-sdk',
    failures: ['revocation.not_obeyed', 'revocation-refresh.not_obeyed'],
    cure: /know of revocations|End the grant/,
    alteration: () => ({
      instead: ({ path }) => (path === '/revoke' ? json(200, {}) : undefined),
    }),
  },
  {
    name: 'an endpoint that is advertised and not there',
    client: 'vscode',
    failures: ['endpoints.absent'],
    cure: /take the member out/,
    alteration: () => ({
      instead: ({ path }) => (path === '/device_authorization' ? { status: 404 } : undefined),
    }),
  },
  {
    name: 'a resource that takes anything for a token',
    client: 'claude',
    failures: ['bad-token.let_in'],
    cure: /Verify tokens/,
    alteration: () => ({
      instead: ({ path, headers }) =>
        isMcp(path) && headers.authorization === 'Bearer not-a-token' ? json(200, {}) : undefined,
    }),
  },
  {
    name: 'a method that needs no token',
    client: 'claude',
    failures: ['methods.let_in'],
    cure: /whole address/,
    alteration: () => ({
      instead: ({ method, path, headers }) =>
        method === 'DELETE' && isMcp(path) && headers.authorization === undefined
          ? { status: 200 }
          : undefined,
    }),
  },
  {
    name: 'a member of the metadata that is null',
    client: 'typescript-sdk',
    failures: ['null-members.found'],
    cure: /Leave members/,
    alteration: document(SERVER, (document) => {
      document['introspection_endpoint'] = null
    }),
  },
  {
    name: 'an endpoint without its host',
    client: 'claude',
    failures: ['server-metadata.not_absolute'],
    cure: /whole https URL/,
    alteration: document(SERVER, (document) => {
      document['revocation_endpoint'] = '/revoke'
    }),
  },
  {
    name: 'a limit on registrations',
    client: 'vscode',
    failures: ['registration.too_many'],
    cure: /Wait/,
    alteration: () => ({
      instead: ({ path }) =>
        path === '/register' ? json(429, { error: 'too_many_requests' }) : undefined,
    }),
  },
  {
    name: 'a login that answers to anybody',
    client: 'claude',
    failures: ['redirect-match.accepted'],
    cure: /Compare redirect URIs/,
    alteration: () => ({
      instead({ path }) {
        const back = URL.parse(path, 'http://x')?.searchParams.get('redirect_uri') ?? ''
        return back.includes('.invalid/')
          ? { status: 302, headers: { location: `${back}?code=stolen` } }
          : undefined
      },
    }),
  },
  {
    name: 'an answer whose state is another',
    client: 'claude',
    failures: ['login.state_changed'],
    cure: /to the byte/,
    alteration: () => ({
      after(_, answered) {
        const location = URL.parse(String(answered.headers['location'] ?? ''))
        if (location?.searchParams.has('code') !== true) return
        location.searchParams.set('state', 'another')
        answered.headers['location'] = location.href
      },
    }),
  },
  {
    name: 'a code that needs no verifier',
    client: 'claude',
    failures: ['pkce.not_enforced'],
    cure: /Compare the verifier/,
    alteration: () => {
      // Of a refresh after the logout it is right.
      let isBought = false
      return {
        after({ path }, answered) {
          if (isBought || path !== '/token' || !answered.body.includes('invalid_grant')) return
          isBought = true
          const bought = { access_token: 'bought-without-a-verifier', token_type: 'Bearer' }
          Object.assign(answered, json(200, bought))
        },
      }
    },
  },
  {
    name: 'a refresh whose token is good for nothing',
    client: 'claude',
    failures: ['refresh.token_refused'],
    cure: /same resource/,
    alteration: () => {
      const refreshed = new Set<string>()
      return {
        instead: ({ path, headers }) =>
          isMcp(path) && refreshed.has(headers.authorization ?? '')
            ? { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
            : undefined,
        after(asked, answered) {
          if (asked.path !== '/token' || refreshOf(asked.body) === undefined) return
          const { access_token: token } = JSON.parse(answered.body) as { access_token?: string }
          refreshed.add(`Bearer ${token}`)
        },
      }
    },
  },
  {
    name: 'a refusal that quotes the refresh token',
    client: 'claude',
    failures: ['refresh.refused'],
    cure: /Accept a refresh/,
    alteration: () => ({
      instead({ path, body }) {
        const token = path === '/token' ? refreshOf(body) : undefined
        if (token === undefined) return undefined
        const words = `\u001b[31m${'No. '.repeat(45)}`
        // Beyond where it is cut.
        return json(400, {
          error: 'invalid_grant',
          error_description: `${words.padEnd(280 - token.length / 2)}${token}`,
        })
      },
    }),
  },
]
