/** What attackers try (N). Every third number is kept out of this list. */

import { deferred, partly, proved, type Rows, superseded } from './row.ts'

const EDGE_FORM = 'Envoy accepts it and its decoder undoes it: nothing forged gets through'

export const ATTACK_ROWS: Rows = {
  'N-01': proved('redirects: paths below and beside', 'redirect-compared-by-text'),
  'N-02': proved('redirects: hosts that end or begin alike', 'redirect-compared-by-text'),
  'N-04': proved(
    'redirects: encoded dots, NUL, CRLF',
    'redirect-compared-by-text',
    'header-injection',
  ),
  'N-05': proved(
    'redirects: fragments',
    'redirect-compared-by-text',
    'registration-dangerous-redirects',
  ),
  'N-07': proved('redirects: case, ports, slashes', 'redirect-compared-by-text'),
  'N-08': proved(
    'redirects: http for https',
    'redirect-compared-by-text',
    'registration-dangerous-redirects',
  ),
  'N-10': proved('loopback: any port', 'redirect-loopback-any-port'),
  'N-11': proved(
    'localhost: any port',
    'redirect-loopback-any-port',
    'authorize-loopback-any-port',
  ),
  'N-13': proved(
    'loopback: look-alikes',
    'redirect-loopback-look-alikes',
    'registration-dangerous-redirects',
  ),
  'N-14': proved('loopback: tricks with ports', 'redirect-loopback-look-alikes'),
  'N-16': proved('redirects: schemes that run or read', 'registration-dangerous-redirects'),
  'N-17': proved('redirects: none named', 'redirect-uri-omitted', 'authorize-redirect-missing'),
  'N-19': proved('redirects: long, or in other scripts', 'redirect-compared-by-text'),
  'N-20': proved('redirects: another one at the token endpoint', 'code-redirect-uri-bound'),
  'N-22': proved('redirects: wildcards', 'registration-dangerous-redirects'),

  'N-23': proved('no challenge', 'pkce-required'),
  'N-25': proved('no verifier', 'pkce-first-failure-counts'),
  'N-26': proved('a wrong verifier, then the right one', 'pkce-first-failure-counts'),
  'N-28': proved('the challenge taken out', 'pkce-required'),
  'N-29': proved('verifiers of another shape', 'pkce-first-failure-counts'),

  'N-31': proved('a code replayed', 'code-replayed-kills-grant', 'revoke-replayed-code'),
  'N-32': proved('a code of another client', 'code-of-another-client'),
  'N-34': proved(
    'a code too old, or of an ended grant',
    'code-short-lived',
    'code-of-an-ended-grant',
    'code-of-another-resource',
  ),

  'N-35': proved(
    'a refresh token reused',
    'refresh-reuse-ends-the-family',
    'revoke-reused-refresh',
  ),
  'N-37': proved('a refresh token of another client', 'refresh-of-another-client'),
  'N-38': proved('a refresh for more', 'refresh-scope-never-wider', 'refresh-other-resource'),

  'N-40': proved('a callback in another browser', 'login-state-browser'),
  'N-41': partly(
    'a state that has expired',
    proved('states that are wrong', 'login-state-once', 'login-mix-up', 'people-injected-code'),
  ),
  'N-43': proved(
    'a second client after consent to a first',
    'login-each-client-asks',
    'consent-per-client',
  ),
  'N-44': proved('a wider scope after consent', 'consent-per-scope'),
  'N-46': proved('consent forms of others', 'consent-forms-of-others'),
  'N-47': proved('consent cookies of others', 'consent-cookies'),
  'N-49': proved('altered fields of the form', 'consent-form-not-believed'),
  'N-50': proved('consent sent twice', 'consent-once'),
  'N-52': proved('prompt', 'authorize-prompt'),

  'N-53': proved('iss in every redirect', 'iss-exactly-once', 'authorize-iss'),
  'N-55': proved('a provider that fails', 'login-fails-closed'),
  'N-56': proved('renamed and swapped logins', 'login-identity', 'people-names'),

  'N-58': proved('links of clients', 'client-links-harmless'),
  'N-59': proved('values on pages', 'reflected-values-escaped', 'page-headers-everywhere'),

  'N-61': proved('documents on this machine', 'document-special-addresses'),
  'N-62': proved(
    'documents in private networks',
    'document-special-addresses',
    'document-names-of-special-addresses',
  ),
  'N-64': proved('a name that changes its address', 'document-rebinding'),
  'N-65': proved('documents that redirect', 'document-no-redirects'),
  'N-67': proved('documents that unfold', 'document-size'),
  'N-68': proved('documents that are slow', 'document-deadline'),
  'N-70': proved('documents of another type', 'document-type'),
  'N-71': proved('documents of another client', 'document-identity'),
  'N-73': proved('client ids of odd shape', 'document-id-url'),
  'N-74': proved('client ids with a query', 'document-id-url'),
  'N-76': proved('documents that are no documents', 'document-defects'),
  'N-77': proved('documents behind bad TLS', 'document-tls'),
  'N-79': proved('client ids too long', 'document-id-length'),
  'N-80': proved('our own host as client', 'document-id-own-host'),
  'N-82': proved('clients that have to sign', 'assertion-required'),

  'N-83': proved('identity headers', 'identity-never-forged'),
  'N-85': proved('identity headers, twice', 'edge-identity-repeated'),
  'N-86': proved(
    'identity headers with other spellings',
    'identity-underscore-alias',
    'edge-header-names',
  ),
  'N-88': proved('identity in trailers', 'edge-identity-smuggled'),
  'N-89': proved('a user without a name', 'identity-none-left-over'),
  'N-91': proved('pseudo headers', 'edge-http2-malformed', 'edge-hosts'),
  'N-92': superseded(
    'requests of two lengths, folded lines, bare LF',
    `a folded line and a bare LF are no 400: ${EDGE_FORM}`,
    'edge-smuggling',
    'edge-identity-smuggled',
    'requests-not-smuggled',
  ),
  'N-94': proved('headers that steer proxies', 'edge-internal-headers'),
  'N-95': proved('credentials of the client', 'no-token-passthrough'),

  'N-97': proved('HS256 under our public key', 'token-signature'),
  'N-98': proved('another kind of key', 'token-signature'),
  'N-100': proved('keys at an address', 'token-signature'),
  'N-101': proved('keys in the token', 'token-signature'),
  'N-103': proved('exp', 'token-lifetime'),
  'N-104': proved('nbf and iat', 'token-lifetime'),
  'N-106': proved('aud', 'token-audience'),
  'N-107': proved('other kinds of token', 'token-type', 'tokens-not-interchangeable'),
  'N-109': proved('tokens of another form', 'token-signature'),
  'N-110': proved('tokens too long, or written otherwise', 'token-signature', 'token-too-long'),
  'N-112': proved(
    'revoked tokens, withdrawn keys',
    'revocation-token-grant-client-user',
    'keys-rotation',
  ),

  'N-113': proved('paths: ..;', 'path-tricks', 'edge-paths'),
  'N-115': proved('paths: //', 'path-tricks', 'edge-paths'),
  'N-116': proved('paths: encoded slashes', 'path-tricks', 'edge-paths'),
  'N-118': proved('paths: NUL, overlong UTF-8', 'path-tricks', 'edge-paths'),
  'N-119': proved('paths: fragments', 'path-tricks', 'edge-paths'),
  'N-121': proved('paths: absolute form', 'path-tricks', 'edge-paths', 'edge-hosts'),
  'N-122': partly(
    'the name with its port 443',
    proved('hosts', 'host-misdirected', 'edge-hosts', 'metadata-issuer'),
  ),
  'N-124': proved('methods', 'edge-methods', 'methods-on-every-path'),
  'N-125': proved('upgrades', 'edge-methods'),
  'N-127': proved(
    'nobody to decide',
    'outage-authz-away',
    'outage-store-frozen',
    'fault-deciders-killed',
    'fault-deciders-frozen',
    'outage-authz-rubbish',
  ),
  'N-128': proved('large and streaming bodies', 'edge-bodies'),
  'N-130': proved('administration from outside', 'edge-admin-inside'),

  'N-131': partly(
    'our own host under the other scheme, where it is not this machine',
    proved('foreign origins', 'origin-checked'),
  ),
  'N-133': proved('preflights', 'edge-preflights', 'origin-preflight', 'edge-cors-on-refusals'),
  'N-134': proved('pages read from elsewhere', 'cors-nowhere-else', 'authorize-no-cors'),

  'N-136': proved('devices that poll too often', 'device-slow-down'),
  'N-137': superseded(
    'guessed user codes',
    'a code is not ended by the guesses of others, it lives on for its owner: guesses are limited by address, by browser and in all',
    'device-user-code-guessed-by-one',
    'device-user-code-guessed-by-many',
    'device-user-code-guessed-by-one-forging',
  ),
  'N-139': proved('a link with the code in it', 'device-phishing', 'device-page-bound'),
  'N-140': proved('user codes written anyhow', 'device-user-code-written-anyhow'),

  'N-142': proved('a session of another user', 'session-foreign'),
  'N-143': proved('a session of another client or service', 'session-foreign'),
  'N-145': partly(
    'requests of servers with equal ids to two people',
    proved(
      'equal ids of two people',
      'ids-equal-of-people',
      'ids-equal-in-sessions',
      'stateless-people',
    ),
  ),
  'N-146': proved('a session that outlives its token', 'session-lapsed', 'revoked-while-running'),

  'N-148': proved('an endless line', 'child-endless-line'),
  'N-149': proved('lines that are no message', 'child-prints-rubbish'),
  'N-151': proved(
    'a server that crashes',
    'child-dies-in-call',
    'child-keeps-ending',
    'child-cannot-start',
  ),
  'N-152': proved('a server that will not end', 'child-nothing-left'),
  'N-154': proved('a flood on stderr', 'child-floods-stderr'),
  'N-155': proved('a server that does not read', 'child-does-not-read'),
  'N-157': proved('what a server sees of the gateway', 'child-environment', 'child-cannot-forge'),

  'N-158': partly(
    'how long an unused registration lives',
    proved('a flood of registrations', 'registration-flood'),
  ),
  'N-160': proved('a flood of streams', 'listen-again', 'session-flood'),
  'N-161': proved('slow headers and bodies', 'edge-slow-headers', 'stalled-bodies-hold-nobody-up'),
  'N-163': proved('JSON nested deep', 'edge-nested-json', 'message-broken'),
  'N-164': proved('large batches', 'message-batches'),
  'N-166': proved('floods of HTTP/2', 'edge-http2-floods', 'edge-large-headers'),
  'N-167': proved(
    'values that take long to read',
    'accept-no-slow-parsing',
    'edge-no-slow-parsing',
  ),

  'N-169': proved(
    'secrets in logs and store',
    'secrets-at-rest',
    'edge-log-without-secrets',
    'people-store',
  ),
  'N-170': deferred(
    'comparisons in constant time',
    'time is not measured through Envoy; unit tests hold equalInConstantTime, and what compares secrets uses it',
  ),
  'N-172': proved('errors say little', 'edge-errors-say-little', 'errors-by-accept'),
  'N-173': proved('who is not let in', 'people-refused', 'people-removed'),
  'N-175': proved('two issuers on one store', 'people-other-issuer', 'token-issuer'),
  'N-176': superseded(
    'clocks that differ by 30 s',
    'clocks may differ by 5 s here (`CLOCK_TOLERANCE_SECONDS`), and beyond that a token is refused',
    'token-lifetime',
  ),
  'N-178': proved('addresses in well-known paths', 'edge-nothing-reflected'),
}
