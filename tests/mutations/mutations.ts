/** Protections taken out of the code, one at a time, and the requirement whose test has to notice. */

import type { RequirementId } from '../conformance/requirements.ts'

export interface Mutation {
  /** What is not so any more. */
  readonly takesOut: string
  readonly file: string
  /** Stands in the file once. */
  readonly from: string
  readonly to: string
  readonly noticedBy: RequirementId
  /** Where that requirement is proved. */
  readonly test: string
}

const conformance = (name: string): string => `tests/conformance/${name}.test.ts`

export const MUTATIONS: readonly Mutation[] = [
  {
    takesOut: 'the audience of an access token is compared',
    file: 'lib/oauth/access-token.ts',
    from: "payload['aud'] !== (audience ?? payload['aud'])",
    to: 'false',
    noticedBy: 'token-audience',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'only an access token is one',
    file: 'lib/oauth/access-token.ts',
    from: 'parsed.typ !== ACCESS_TOKEN_TYPE',
    to: 'false',
    noticedBy: 'token-type',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'an access token ends',
    file: 'lib/oauth/access-token.ts',
    from: 'exp <= now - CLOCK_TOLERANCE_SECONDS',
    to: 'exp < 0',
    noticedBy: 'token-lifetime',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'the signature is verified',
    file: 'lib/oauth/access-token.ts',
    from: '!hasValidSignature(parsed, key)',
    to: 'parsed.signed === ""',
    noticedBy: 'token-signature',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'the service’s base scope is needed',
    file: 'ext-authz/check.ts',
    from: 'missingScopes([resource.baseScope], granted).length === 0',
    to: 'granted.length >= 0',
    noticedBy: 'token-scope',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'revocations count at the edge',
    file: 'ext-authz/check.ts',
    from: 'return answer.revoked\n',
    to: 'return answer.revoked && false\n',
    noticedBy: 'revocation-token-grant-client-user',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'pages of foreign origins are refused',
    file: 'ext-authz/check.ts',
    from: '!input.origin.every(ports.isAllowedOrigin)',
    to: 'input.origin.length > 9',
    noticedBy: 'origin-checked',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'names with underscores are refused',
    file: 'envoy/connection-manager.ts',
    from: "headers_with_underscores_action: 'REJECT_REQUEST'",
    to: "headers_with_underscores_action: 'ALLOW'",
    noticedBy: 'identity-underscore-alias',
    test: conformance('identity-headers'),
  },
  {
    takesOut: 'identity headers of callers are removed on every route',
    file: 'envoy/connection-manager.ts',
    from: "...['x-user', 'x-auth', 'x-gateway', 'x.user', 'x.auth', 'x.gateway'],",
    to: '',
    noticedBy: 'identity-never-on-public-routes',
    test: conformance('identity-headers'),
  },
  {
    takesOut: 'encoded slashes are refused',
    file: 'envoy/connection-manager.ts',
    from: "path_with_escaped_slashes_action: 'REJECT_REQUEST'",
    to: "path_with_escaped_slashes_action: 'KEEP_UNCHANGED'",
    noticedBy: 'path-tricks',
    test: conformance('hosts-and-paths'),
  },
  {
    takesOut: 'a verifier fits its challenge',
    file: 'oauth-server/token/pkce.ts',
    from: 'return equalInConstantTime(digest(verifier), challenge)',
    to: 'return equalInConstantTime(challenge, challenge)',
    noticedBy: 'pkce-first-failure-counts',
    test: conformance('codes-and-refresh'),
  },
  {
    takesOut: 'a code is its client’s',
    file: 'oauth-server/token/exchange-code.ts',
    from: 'code.clientId !== client.id',
    to: 'code.clientId === ""',
    noticedBy: 'code-of-another-client',
    test: conformance('codes-and-refresh'),
  },
  {
    takesOut: 'the first wrong use of a code is its last',
    file: 'oauth-server/token/exchange-code.ts',
    from: '        await spoil(ctx, ports)\n',
    to: '',
    noticedBy: 'pkce-first-failure-counts',
    test: conformance('codes-and-refresh'),
  },
  {
    takesOut: 'reuse of a refresh token ends its grant',
    file: 'oauth-server/token/refresh.ts',
    from: "  if (rotation.outcome === 'reused') await revokeGrant(ports, grant, 'refresh token reused')\n",
    to: '',
    noticedBy: 'refresh-reuse-ends-the-family',
    test: conformance('codes-and-refresh'),
  },
  {
    takesOut: 'redirect URIs are compared whole',
    file: 'oauth-server/authorize/redirect-target.ts',
    from: 'registered === uri ||',
    to: 'uri.startsWith(registered) ||',
    noticedBy: 'redirect-compared-by-text',
    test: conformance('redirects'),
  },
  {
    takesOut: 'schemes that run are no redirects',
    file: 'oauth-server/clients/redirect-uri.ts',
    from: "'javascript data vbscript",
    to: "'vbscript",
    noticedBy: 'registration-dangerous-redirects',
    test: conformance('registration'),
  },
  {
    takesOut: 'forms come from our own pages',
    file: 'oauth-server/steps/require-own-origin.ts',
    from: "!isOwn || site === 'cross-site'",
    to: '!isOwn && site === "never"',
    noticedBy: 'consent-forms-of-others',
    test: conformance('authorize-consent'),
  },
  {
    takesOut: 'a login comes back to its browser',
    file: 'oauth-server/store/upstream-logins.ts',
    from: 'if ARGV[index] == held[1] then return held[3] end',
    to: 'return held[3]',
    noticedBy: 'login-state-browser',
    test: conformance('login'),
  },
  {
    takesOut: 'a state leads in once',
    file: 'oauth-server/store/upstream-logins.ts',
    from: "redis.call('DEL', KEYS[1])\nif held[2]",
    to: 'if held[2]',
    noticedBy: 'login-state-once',
    test: conformance('login'),
  },
  {
    takesOut: 'redirects of documents are not answers',
    file: 'lib/platform/outbound/outbound.ts',
    from: "if (statusCode !== 200) throw new OutboundError('status')",
    to: '',
    noticedBy: 'document-no-redirects',
    test: conformance('client-documents'),
  },
  {
    takesOut: 'addresses that are special are not asked',
    file: 'lib/platform/outbound/public-address.ts',
    from: "if (address.range() !== 'unicast') return false",
    to: '',
    noticedBy: 'document-special-addresses',
    test: conformance('client-documents'),
  },
  {
    takesOut: 'a device code is its client’s',
    file: 'oauth-server/store/devices.ts',
    from: "if client ~= ARGV[1] then return { 'unknown' } end",
    to: '',
    noticedBy: 'device-code-of-client',
    test: conformance('device'),
  },
  {
    takesOut: 'tokens of others stay unseen',
    file: 'oauth-server/token/introspect.ts',
    from: 'return client.services?.includes(service) ?? false',
    to: 'return true',
    noticedBy: 'introspect-own-audience',
    test: conformance('introspection'),
  },
  {
    takesOut: 'a session is its owner’s',
    file: 'mcp-bridge/sessions.ts',
    from: '      !isSameOwner(entry.session.owner, caller) ||\n',
    to: '',
    noticedBy: 'session-foreign',
    test: conformance('bridge-sessions'),
  },
  {
    takesOut: 'children get listed variables alone',
    file: 'mcp-bridge/runner/surroundings.ts',
    from: '([name]) => INHERITED.test(name) || passed.includes(name)',
    to: '() => true',
    noticedBy: 'child-environment',
    test: conformance('bridge-children'),
  },
  {
    takesOut: 'a line has a bound',
    file: 'mcp-bridge/runner/framing.ts',
    from: 'if (this.#bytes <= this.#bytesMax) return',
    to: 'if (this.#bytes >= 0) return',
    noticedBy: 'child-endless-line',
    test: conformance('bridge-children'),
  },
  {
    takesOut: 'Mcp-Method says what the body says',
    file: 'mcp-bridge/stateless/mirrored-headers.ts',
    from: 'named !== undefined && named !== method',
    to: 'named === ""',
    noticedBy: 'stateless-method-mismatch',
    test: conformance('stateless-requests'),
  },
]
