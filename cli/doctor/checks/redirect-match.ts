import { defineCheck, passed, skipped } from '../model/check.ts'
import { toAuthorizationRequest } from '../wire/authorization-request.ts'
import { openAuthorize } from '../wire/open-authorize.ts'

const STRANGER = 'https://gateway-doctor.invalid/steal'

export const redirectMatch = defineCheck({
  id: 'redirect-match',
  stage: 'login',
  title: 'Foreign redirect',
  about:
    'An authorization request with a redirect URI that was not registered is refused on a page, and sends nobody anywhere (RFC 6749 section 3.1.2.4).',
  needs: ['client'],
  once: true,
  faults: {
    accepted: {
      severity: 'error',
      meaning: 'Whoever sends somebody a link gets their code: the login can be stolen.',
      cure: 'Compare redirect URIs to the byte, save for the port of loopback addresses, and answer a page with 400 when none matches.',
    },
  },
  async run(visit, find) {
    const request = toAuthorizationRequest(visit, visit.facts.client?.clientId ?? '')
    const url = new URL(request.url)
    url.searchParams.set('redirect_uri', STRANGER)
    const opened = await openAuthorize(visit, { url: url.href, redirectUri: STRANGER })
    if (opened.kind === 'back') return find('accepted', opened.told)
    // A page may be a login that comes before the request is looked at, and trouble judges nothing.
    return opened.kind === 'refused' ? passed(opened.told) : skipped(`not proven: ${opened.told}`)
  },
})
