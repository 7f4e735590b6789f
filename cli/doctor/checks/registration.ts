import { defineCheck, passed } from '../model/check.ts'
import { type Visit, withPort } from '../model/visit.ts'
import type { HttpAnswer } from '../wire/http.ts'
import {
  readClient,
  readRegistration,
  registrationEndpoint,
  sendRegistration,
} from '../wire/registration-request.ts'
import { inWords, isRedirect, listOf, objectOf } from '../wire/words.ts'

const TOO_MANY = 429

export const registration = defineCheck({
  id: 'registration',
  stage: 'login',
  title: 'Registration',
  about:
    'The client registers with the very body that it sends: its redirect URIs, grants, way to prove itself (RFC 7591). The answer names what was registered.',
  needs: ['server'],
  faults: {
    no_endpoint: {
      severity: 'error',
      meaning: 'The client has no way to become known, as nobody registered it by hand.',
      cure: 'Open dynamic registration (`registration_endpoint`), or register the client by hand and enter its id in the client.',
    },
    closed: {
      severity: 'error',
      meaning: 'Registration wants a token that no client has.',
      cure: 'Open registration (unset REGISTRATION_TOKEN at this gateway), or register the client by hand.',
    },
    loopback_refused: {
      severity: 'error',
      meaning:
        'The client listens on this machine, at a port that it is given by the system: without such a redirect URI it cannot get the answer.',
      cure: 'Accept `http://localhost`, `http://127.0.0.1` and `http://[::1]` at any port, whatever `application_type` says (RFC 8252 section 7.3).',
    },
    redirect_refused: {
      severity: 'error',
      meaning: 'One redirect URI that is refused keeps the whole client out.',
      cure: 'Accept https addresses and private-use schemes (`cursor://…`, RFC 8252 section 7.1); REGISTRATION_REDIRECT_HOSTS narrows them at this gateway.',
    },
    refused: {
      severity: 'error',
      meaning: 'The server does not take the client as it is.',
      cure: 'Be lenient (RFC 7591 section 2): drop unknown grants, scopes and members instead of refusing; take `none`, `client_secret_post`, `client_secret_basic`, and a body that names no method.',
    },
    too_many: {
      severity: 'error',
      meaning: 'The server takes no more registrations for now, whoever the client is.',
      cure: 'Wait, and examine one client alone (`--client`). Where people meet it, raise the limit: whoever sits behind one address shares it.',
    },
    redirected: {
      severity: 'error',
      meaning: 'A redirect loses the body of the request.',
      cure: 'Serve the endpoint at the address that the metadata names.',
    },
    server_error: {
      severity: 'error',
      meaning: 'The endpoint fails with this registration.',
      cure: 'See the log of the authorization server at this moment.',
    },
    not_json: {
      severity: 'error',
      meaning: 'The answer is no registration.',
      cure: 'Answer 201 with the registration as JSON; let no proxy answer with pages.',
    },
    no_secret: {
      severity: 'error',
      meaning: 'The answer says that the client proves itself with a secret, and has none.',
      cure: 'Issue a `client_secret` with `client_secret_post` and `client_secret_basic`, or register `none`.',
    },
    null_member: {
      severity: 'error',
      meaning: 'The TypeScript SDK refuses an answer with a member that is `null`.',
      cure: 'Leave members without a value out.',
    },
    redirect_dropped: {
      severity: 'error',
      meaning: 'The redirect URI was not registered: the login will be refused.',
      cure: 'Register every redirect URI that was sent, or refuse with `invalid_redirect_uri`.',
    },
  },
  async run(visit, find) {
    if (visit.facts.client !== undefined) return undefined
    const endpoint = registrationEndpoint(visit.facts)
    if (endpoint === undefined)
      return find('no_endpoint', 'the metadata names no registration_endpoint')
    const answer = await sendRegistration(visit, endpoint)
    const told = `answered ${inWords(answer)}`
    if (isAboutClient(answer)) {
      return find(...(await whyRefused(visit, endpoint, told)))
    }
    const refusal = refusalOf(answer)
    if (refusal !== undefined) return find(refusal, told)
    const client = readClient(visit, answer)
    if (client === undefined) return find('not_json', told)
    const managed = readRegistration(visit, answer)
    if (managed !== undefined) visit.facts.registration = managed
    const useless = whyUseless(visit, answer)
    if (useless !== undefined) return find(...useless)
    visit.facts.client = client
    return passed(`${told}, as ${client.authMethod}`)
  },
})

/** 401 and 403 are about who asks, 429 about how often. */
function isAboutClient({ status }: HttpAnswer): boolean {
  return status >= 400 && status < 500 && ![401, 403, TOO_MANY].includes(status)
}

/** Undefined for success. What the client itself is refused for is looked into before. */
function refusalOf(
  answer: HttpAnswer,
): 'redirected' | 'closed' | 'too_many' | 'server_error' | undefined {
  if (answer.status < 300) return undefined
  if (answer.status === TOO_MANY) return 'too_many'
  if (isRedirect(answer)) return 'redirected'
  return answer.status >= 500 ? 'server_error' : 'closed'
}

/** A success that is none. */
function whyUseless(
  visit: Visit,
  answer: HttpAnswer,
): ['null_member' | 'no_secret' | 'redirect_dropped', string] | undefined {
  const body = objectOf(answer) ?? {}
  const empty = Object.keys(body).filter((name) => body[name] === null)
  if (empty.length > 0) return ['null_member', empty.join(', ')]
  const { authMethod = 'none', clientSecret } = readClient(visit, answer) ?? {}
  if (authMethod !== 'none' && clientSecret === undefined) return ['no_secret', authMethod]
  const isDropped = dropsRedirect(visit, answer)
  return isDropped ? ['redirect_dropped', withPort(visit, visit.client.redirectUri)] : undefined
}

/** Finds the redirect URI that is at fault, by sending each alone. */
async function whyRefused(
  visit: Visit,
  endpoint: string,
  told: string,
): Promise<['loopback_refused' | 'redirect_refused' | 'refused', string]> {
  // With one that every server takes: if that is refused too, it is for another reason.
  const harmless = await sendRegistration(visit, endpoint, ['https://client.example/callback'])
  if (harmless.status >= 300) return ['refused', told]
  for (const uri of visit.client.redirectUris.map((one) => withPort(visit, one))) {
    const alone = await sendRegistration(visit, endpoint, [uri])
    if (alone.status < 300) continue
    // It says nothing of the redirect URI.
    if (alone.status === TOO_MANY) break
    return [/^http:/.test(uri) ? 'loopback_refused' : 'redirect_refused', `${uri}: ${told}`]
  }
  return ['refused', told]
}

function dropsRedirect({ client, port }: Visit, answer: HttpAnswer): boolean {
  const registered = listOf(objectOf(answer)?.['redirect_uris'])
  return (
    registered !== undefined &&
    client.redirectUris.some((uri) => !registered.includes(withPort({ port }, uri)))
  )
}
