import { defineCheck, passed } from '../model/check.ts'
import type { ClientProfile } from '../model/client-profile.ts'
import { toAuthorizationRequest } from '../wire/authorization-request.ts'
import { type Opened, openAuthorize } from '../wire/open-authorize.ts'

export const authorize = defineCheck({
  id: 'authorize',
  stage: 'login',
  title: 'Authorize',
  about:
    'The authorize URL as the client builds it shows a page, or leads to one: with its redirect URI, PKCE, `resource`, scopes and prompt. What fetches it twice or without cookies (FastMCP) meets the same.',
  needs: ['client'],
  faults: {
    loopback_port: {
      severity: 'error',
      meaning:
        'The client listens at another port than the one it registered, as it may: the system hands them out.',
      cure: 'Ignore the port when a redirect URI of `http://localhost`, `http://127.0.0.1` or `http://[::1]` is compared with the registered ones (RFC 8252 section 7.3).',
    },
    refused: {
      severity: 'error',
      meaning: 'The person sees an error where a login should be.',
      cure: 'See what the page says. Most often: the redirect URI (loopback ones match at any port), `resource` (to be taken with or without, RFC 8707), an unknown scope (to be dropped, not refused).',
    },
    sent_back: {
      severity: 'error',
      meaning: 'The client is sent back with an error before anybody was asked.',
      cure: 'See the error: `invalid_scope` and `invalid_target` are best avoided by dropping what is unknown; `invalid_request` is a parameter that must not be required.',
    },
    trouble: {
      severity: 'error',
      meaning: 'The authorize endpoint fails with this request.',
      cure: 'See the log of the authorization server at this moment.',
    },
    not_repeatable: {
      severity: 'error',
      meaning:
        'FastMCP fetches the address itself before the browser does: the browser then meets an error.',
      cure: 'Consume nothing at GET, and tie nothing to the first caller’s cookie.',
    },
  },
  async run(visit, find) {
    const request = toAuthorizationRequest(visit, visit.facts.client?.clientId ?? '')
    const before =
      visit.client.looksAtAuthorize === true
        ? await openAuthorize(visit, request, '*/*')
        : undefined
    const opened = await openAuthorize(visit, request)
    if (opened.kind !== 'page' && before?.kind === 'page')
      return find('not_repeatable', opened.told)
    const worst = before === undefined || before.kind === 'page' ? opened : before
    const fault = faultOf(worst, visit.client)
    if (fault !== undefined) return find(fault, worst.told)
    visit.facts.request = request
    return passed(worst.told)
  },
})

function faultOf(
  opened: Opened,
  { redirectUris, redirectUri }: ClientProfile,
): 'trouble' | 'loopback_port' | 'refused' | 'sent_back' | undefined {
  if (opened.kind === 'page') return undefined
  if (opened.kind === 'trouble') return 'trouble'
  if (opened.kind === 'back' && opened.error === undefined) return undefined
  // What it asks for differs from what others ask for in this.
  const isPortKnown = redirectUris.includes(redirectUri)
  if (opened.kind !== 'back') return isPortKnown ? 'refused' : 'loopback_port'
  // Whoever is sent back was not refused for where to, unless the answer says so.
  return !isPortKnown && /redirect.?uri/i.test(opened.told) ? 'loopback_port' : 'sent_back'
}
