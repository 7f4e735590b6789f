/** The authorization endpoint, its pages and its answers (RFC 6749, RFC 9126, RFC 9207). */

import { MCP, type Requirement, RFC } from './requirement.ts'

const OIDC = 'https://openid.net/specs/openid-connect-core-1_0.html'

export const AUTHORIZE = {
  'authorize-iss': {
    source: `${RFC}/rfc9207#section-2`,
    behavior: 'every answer to a client has exactly one iss, equal to the issuer of the metadata',
  },
  'authorize-redirect-exact': {
    source: `${RFC}/rfc9700#section-4.1.3`,
    behavior: 'a redirect URI that differs in one character from the registered one leads nowhere',
  },
  'authorize-loopback-any-port': {
    source: `${RFC}/rfc8252#section-7.3`,
    behavior: 'a loopback redirect is accepted with any port, for localhost too',
  },
  'authorize-loopback-look-alikes': {
    source: `${RFC}/rfc8252#section-7.3`,
    behavior: 'what only looks like this machine, or has no port, leads nowhere',
  },
  'authorize-redirect-missing': {
    source: `${RFC}/rfc6749#section-3.1.2.3`,
    behavior: 'without a redirect URI the only one registered is used, among several none',
  },
  'authorize-page-until-proven': {
    source: `${RFC}/rfc6749#section-4.1.2.1`,
    behavior:
      'until client and redirect URI are proven a fault is a page, then it goes to the client',
  },
  'authorize-query-kept': {
    source: `${RFC}/rfc6749#section-3.1.2`,
    behavior: 'a query of the redirect URI is kept, and a fragment is nowhere',
  },
  'authorize-state-exact': {
    source: `${RFC}/rfc6749#section-4.1.2`,
    behavior: 'a state comes back byte for byte, and one beyond the bound is refused',
  },
  'authorize-code-only': {
    source: `${MCP}/authorization`,
    behavior: 'no response type but code, no response mode but query, and no request object',
  },
  'authorize-pkce': {
    source: `${RFC}/rfc7636#section-4.4.1`,
    behavior: 'every client needs a challenge of S256; without it there is no code',
  },
  'authorize-no-repetition': {
    source: `${RFC}/rfc6749#section-3.1`,
    behavior: 'a repeated parameter is refused, an unknown one ignored, an empty one omitted',
  },
  'authorize-methods': {
    source: `${RFC}/rfc6749#section-3.1`,
    behavior: 'GET asks the person, HEAD opens nothing, POST is not served',
  },
  'authorize-no-cors': {
    source: `${RFC}/rfc9700#section-2.6`,
    behavior: 'no web page may read the authorization endpoint or what stands behind it',
  },
  'authorize-repeatable': {
    source: `${RFC}/rfc9110#section-9.2.1`,
    behavior: 'a client that fetches the URL itself, without cookies, uses nothing up',
  },
  'authorize-resource': {
    source: `${RFC}/rfc8707#section-2`,
    behavior: 'each tolerated spelling of a resource yields a token for that endpoint alone',
  },
  'authorize-resource-unknown': {
    source: `${RFC}/rfc8707#section-2`,
    behavior:
      'an unknown, relative or repeated resource, or one with a fragment, is invalid_target',
  },
  'authorize-resource-absent': {
    source: `${RFC}/rfc8707#section-2`,
    behavior: 'who names no resource, or the bare origin, lets the person choose the service',
  },
  'authorize-scope-told': {
    source: `${RFC}/rfc6749#section-3.3`,
    behavior:
      'absent, empty or unknown scope means the default, and the answer tells what was granted',
  },
  'authorize-prompt': {
    source: `${OIDC}#AuthRequest`,
    behavior: 'none never shows a page, login and consent always do, none excludes every other',
  },
  'authorize-max-age': {
    source: `${OIDC}#AuthRequest`,
    behavior: 'a login older than max_age does not count',
  },
  'authorize-id-token-hint': {
    source: `${OIDC}#AuthRequestValidation`,
    behavior:
      'an ID token as a hint is answered about its person or not at all, however old it is, and only where we made it for this client',
  },
  'pushed-request': {
    source: `${RFC}/rfc9126#section-2.2`,
    behavior: 'a pushed request is opened by its URI until it is decided, and nothing else counts',
  },
  'pushed-request-bound': {
    source: `${RFC}/rfc9126#section-7.1`,
    behavior: 'a request URI that is unknown, used up or of another client leads nowhere',
  },
  'pushed-request-checked': {
    source: `${RFC}/rfc9126#section-2.3`,
    behavior: 'who pushes authenticates, and hears of every fault at once, as JSON',
  },
  'consent-page-says': {
    source: `${MCP}/security_best_practices#confused-deputy-problem`,
    behavior: 'the page names client, redirect host, service and scopes, and warns of programs',
  },
  'consent-page-safe': {
    source: `${RFC}/rfc9700#section-4.16`,
    behavior: 'pages can be neither framed, kept, scripted nor referred to, errors included',
  },
  'consent-see-other': {
    source: `${RFC}/rfc9700#section-4.12`,
    behavior: 'the form is answered by 303, so that no browser sends it to the client',
  },
  'consent-forms-of-others': {
    source: `${RFC}/rfc6749#section-10.12`,
    behavior:
      'without the value of the page, with that of another browser, from another site: no code',
  },
  'consent-cookies': {
    source: `${MCP}/security_best_practices#confused-deputy-problem`,
    behavior: 'cookies are HttpOnly and SameSite=Lax; a tampered or foreign one counts as none',
  },
  'consent-form-not-believed': {
    source: `${RFC}/rfc6749#section-10.12`,
    behavior: 'client, redirect URI and scope in the form change nothing',
  },
  'consent-once': {
    source: `${RFC}/rfc6749#section-4.1.2`,
    behavior: 'a form that is sent twice yields one code',
  },
  'consent-account-named': {
    source: `${MCP}/security_best_practices#confused-deputy-problem`,
    behavior:
      'an approval counts for the account that the page names: with another one signed in since, or none, the person is asked again',
  },
  'consent-per-client': {
    source: `${MCP}/security_best_practices#confused-deputy-problem`,
    behavior: 'who approved one client is asked for each other, whatever it calls itself',
  },
  'consent-per-scope': {
    source: `${RFC}/rfc6819#section-5.2.3.2`,
    behavior: 'wider scopes, another service or another redirect target are asked again',
  },
  'consent-not-for-programs': {
    source: `${RFC}/rfc8252#section-8.6`,
    behavior: 'a client on loopback or a scheme of its own never skips the page',
  },
  'pages-escape': {
    source: `${RFC}/rfc9700#section-4.16`,
    behavior: 'nothing a client or a request says becomes markup, a link or an image',
  },
  'out-of-band': {
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1',
    behavior: 'a code to be copied stands on a page of ours, never in a URL',
  },
  'errors-by-accept': {
    source: `${RFC}/rfc9110#section-12.5.1`,
    behavior: 'a browser gets a page, a program JSON, on every endpoint',
  },
  'sign-out-at-the-edge': {
    source: `${RFC}/rfc9700#section-4.14`,
    behavior: 'after signing out what was approved in that login is refused within two seconds',
  },
  'sign-out-everywhere': {
    source: `${RFC}/rfc9700#section-4.14`,
    behavior:
      'signing out everywhere ends every login of the person and every grant, and no other’s',
  },
  'sign-out-own-form': {
    source: `${RFC}/rfc9700#section-4.11`,
    behavior: 'no other site signs anybody out, and no parameter leads anywhere afterwards',
  },
} as const satisfies Record<string, Requirement>
