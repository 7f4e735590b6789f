/** OAuth errors by code: what each means and what helps, with all that the code says under it. */

import { OAuthError, type OAuthErrorCode } from '../../../lib/oauth/error.ts'
import { code, plain, table } from '../markdown.ts'
import { findThrown, type Thrown } from '../source.ts'

interface Meaning {
  readonly means: string
  readonly cure: string
}

/** Every code has its words; a new code does not compile without. */
const CODES: Readonly<Record<OAuthErrorCode, Meaning>> = {
  invalid_request: {
    means:
      'The request lacks something, or has it in a way that can be read twice; or a page is too old.',
    cure: 'A developer reads the description. A person begins again from the application.',
  },
  invalid_client: {
    means: 'The client is not known any more, or did not prove itself.',
    cure: 'Clients register again by themselves. Where one does not: remove the connection there and add it anew.',
  },
  invalid_grant: {
    means: 'The code or refresh token is used, over, revoked or another client’s.',
    cure: 'Log in again. With it at every refresh: does something share this login, or is the machine’s clock wrong?',
  },
  invalid_scope: {
    means: 'Kept for clients that know it: scopes that do not exist are dropped, not refused.',
    cure: 'Nothing.',
  },
  invalid_target: {
    means: '`resource` names no service of this gateway, or another one than was granted.',
    cure: 'Use the address of the service as its metadata has it. A service that was taken out must come back first.',
  },
  invalid_redirect_uri: {
    means:
      'A redirect URI cannot be registered: no such shape, a dangerous scheme, or not on the list. Or a client that registered before the list wants an answer where it does not allow one.',
    cure: 'The description names it. On a closed gateway the operator adds its place to `REGISTRATION_REDIRECT_HOSTS`.',
  },
  invalid_client_metadata: {
    means: 'A member of the registration, or of the client’s document, cannot be used.',
    cure: 'The description names it.',
  },
  unauthorized_client: {
    means: 'The client has not registered this grant type, or the operator has not given it.',
    cure: 'Register with it among `grant_types`; `client_credentials` stands in [`gateway.yaml`](devices-and-machines.md#a-job-without-a-person).',
  },
  unsupported_grant_type: {
    means: 'No such grant type here.',
    cure: 'The metadata lists those there are.',
  },
  unsupported_response_type: { means: 'Only `code` exists.', cure: 'Use the code flow with PKCE.' },
  access_denied: {
    means: 'The person said no, or [the rules](who-may-in.md) do not let them in.',
    cure: 'The operator adds a rule, or the person uses another account.',
  },
  authorization_pending: {
    means: 'Nobody has decided about the device yet.',
    cure: 'Go on asking.',
  },
  slow_down: {
    means: 'The device asks too often.',
    cure: 'Ask five seconds less often from now on.',
  },
  expired_token: { means: 'The device code is over.', cure: 'Begin again.' },
  unsupported_token_type: {
    means: 'Something else than an access or refresh token was to be revoked.',
    cure: 'Send one of these two.',
  },
  invalid_request_uri: {
    means: 'A pushed request is over, was used, or is another client’s.',
    cure: 'Begin again from the application.',
  },
  request_not_supported: {
    means: 'A signed request object.',
    cure: 'Send the parameters, or push them to `/par`.',
  },
  request_uri_not_supported: {
    means: 'A request that the gateway would have to fetch.',
    cure: 'Send the parameters, or push them to `/par`.',
  },
  login_required: {
    means:
      '`prompt=none`, and nobody is signed in, or somebody else than is expected; or that one approved instead of the person of `id_token_hint`.',
    cure: 'Ask without it.',
  },
  consent_required: {
    means: '`prompt=none`, and nobody has approved yet.',
    cure: 'Ask without it.',
  },
  interaction_required: {
    means: '`prompt=none`, and a person has to choose.',
    cure: 'Ask without it.',
  },
  invalid_token: {
    means: 'The token counts no more, or is none of ours.',
    cure: 'Refresh, or log in again. `gateway tokens show -` says why.',
  },
  insufficient_scope: {
    means: 'The token lacks a scope.',
    cure: 'Log in with the scope that is named.',
  },
  temporarily_unavailable: {
    means: 'Store, keys or login provider do not answer, or there were too many requests.',
    cure: 'Wait as `Retry-After` says. Nothing is used up. If it stays: `gateway status`.',
  },
  server_error: {
    means: 'A fault of the gateway.',
    cure: '`gateway logs oauth-server`, with the request’s id.',
  },
}

export function oauthTables(): string[] {
  const thrown = findThrown('OAuthError')
  const codes = Object.entries(CODES).map(([name, { means, cure }]) => [
    code(name),
    statusesOf(name as OAuthErrorCode, thrown).join(', '),
    means,
    cure,
  ])
  const said = new Map(thrown.flatMap(descriptionsOf))
  const sorted = [...said.values()].sort(([one = ''], [other = '']) => (one < other ? -1 : 1))
  return [
    table(['error', 'status', 'means', 'what to do'], codes),
    '### What their descriptions say',
    table(['error_description', 'error'], sorted),
  ]
}

/** That of the code, then those that say more where it is thrown. */
function statusesOf(name: OAuthErrorCode, thrown: readonly Thrown[]): string[] {
  const others = thrown
    .filter(({ words: [codes = []] }) => codes.includes(name))
    .flatMap(({ options }) => options.get('status') ?? [])
    .filter((status) => /^\d{3}$/.test(status))
  return [...new Set([String(new OAuthError(name, '').status), ...others.sort()])]
}

/** Those whose words are only known at run time are left out: their code and its cure stand there all the same. */
function descriptionsOf({ words: [codes = [], descriptions = []] }: Thrown): [string, string[]][] {
  const names = codes.filter((name) => Object.hasOwn(CODES, name)).map(code)
  return descriptions
    .filter((text) => /[a-z]{3}.* /.test(text.replaceAll(/‹[^›]*›/g, '')))
    .map((text) => [text + names, [plain(text), names.join(', ')]])
}
