/** Registration (D), metadata and resources (M), revocation, introspection, devices, bearer tokens (V). */

import { proved, type Rows } from './row.ts'

export const DOCUMENTS: Rows = {
  'D-01': proved('the answer to a registration', 'registration-answer'),
  'D-02': proved('when a secret expires', 'registration-secret-expiry'),
  'D-03': proved('no method named', 'registration-default-method'),
  'D-04': proved('unknown metadata is ignored', 'registration-unknown-ignored'),
  'D-05': proved('errors have their codes', 'registration-errors'),
  'D-06': proved('jwks or jwks_uri', 'registration-keys-once'),
  'D-07': proved('grant and response types agree', 'registration-consistent'),
  'D-08': proved('the server chooses the id', 'registration-id-is-ours'),
  'D-09': proved(
    'read, replace, delete',
    'management-needs-its-token',
    'management-read',
    'management-replace',
    'management-delete-reaches-the-edge',
  ),
  'D-10': proved('JSON, bounds, limits', 'registration-body-bounds', 'registration-flood'),

  'M-01': proved('required members, nothing null', 'metadata-plain'),
  'M-02': proved('methods of authentication', 'metadata-true', 'metadata-plain'),
  'M-03': proved('any page may read it, for minutes', 'metadata-public'),
  'M-04': proved('resource is what the person typed', 'challenge-exact', 'layout-hosts'),
  'M-05': proved('the path of a resource’s metadata', 'challenge-exact', 'edge-nothing-reflected'),
  'M-06': proved('https and JSON', 'tls-end-to-end', 'metadata-plain'),
  'M-07': proved('resources that are none', 'authorize-resource-unknown'),
  'M-08': proved('several resources', 'authorize-resource-unknown'),
  'M-09': proved(
    'the resource at the token endpoint',
    'refresh-other-resource',
    'code-of-another-resource',
  ),
  'M-10': proved('iss is the issuer', 'authorize-iss', 'metadata-issuer'),

  'V-01': proved('own tokens only', 'revoke-own-tokens-only'),
  'V-02': proved('a refresh token ends its grant', 'revoke-refresh-ends-grant'),
  'V-03': proved('hints do not matter', 'revoke-whatever-the-hint', 'revoke-other-types'),
  'V-04': proved(
    'introspection authenticates',
    'introspect-authenticates',
    'introspect-own-audience',
  ),
  'V-05': proved('inactive says nothing else', 'introspect-inactive'),
  'V-06': proved(
    'polling of devices',
    'device-pending',
    'device-slow-down',
    'device-denied',
    'device-expired',
    'device-code-once',
    'device-code-of-client',
  ),
  'V-07': proved('guessing user codes', 'device-user-code-guessed-by-one'),
  'V-08': proved(
    'no error without credentials',
    'challenge-no-error-without-token',
    'userinfo-challenge',
  ),
  'V-09': proved(
    'a challenge on every 401, any case',
    'token-scheme-case',
    'challenge-every-method',
    'userinfo-scheme-case',
  ),
  'V-10': proved('one way to send a token', 'userinfo-one-way', 'token-only-in-header'),
}
