import { CliError } from '../../cli-error.ts'
import { defineCheck, passed, skipped } from '../model/check.ts'
import type { ServerMetadata } from '../model/facts.ts'
import { keepSecret } from '../model/visit.ts'
import { plain } from '../wire/words.ts'

export const login = defineCheck({
  id: 'login',
  stage: 'login',
  title: 'Login',
  about:
    'A person logs in and approves, and the answer comes back to the redirect URI of the client: with the code, the `state` that was sent, and the `iss` that was promised (RFC 9207).',
  needs: ['request'],
  faults: {
    failed: {
      severity: 'error',
      meaning: 'Nothing came back from the login.',
      cure: 'See what the page says, and the log of the authorization server at this moment.',
    },
    denied: {
      severity: 'error',
      meaning: 'The server does not let this person in.',
      cure: 'See the access rules (`access` in gateway.yaml), or log in as somebody else: --user NAME with the `dev` provider.',
    },
    state_changed: {
      severity: 'error',
      meaning: 'The client takes the answer for another’s and drops it.',
      cure: 'Send `state` back to the byte; encode it when the redirect is built.',
    },
    iss_missing: {
      severity: 'error',
      meaning:
        'The metadata promises `iss` in the answer, and clients refuse an answer without it then (RFC 9207 section 2.4).',
      cure: 'Send `iss`, the issuer to the byte, with every answer, errors too.',
    },
    iss_wrong: {
      severity: 'error',
      meaning:
        'The answer names another issuer: clients refuse it, as a mix-up attack would look like this.',
      cure: 'Let `iss` be the issuer of the metadata, to the byte.',
    },
    iss_unannounced: {
      severity: 'warning',
      meaning:
        '`iss` comes and is not announced: the Go SDK refuses it, and others use another client id then.',
      cure: 'Add `"authorization_response_iss_parameter_supported": true` to the metadata.',
    },
    no_code: {
      severity: 'error',
      meaning: 'The answer holds neither a code nor an error.',
      cure: 'Answer `response_type=code` with `code` in the query of the redirect URI.',
    },
  },
  async run(visit, find) {
    const { logIn, whyNoLogin, facts } = visit
    const { request, server } = facts
    if (request === undefined || logIn === undefined) return skipped(whyNoLogin)
    let answer: URLSearchParams
    try {
      answer = await logIn(request)
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      return find('failed', plain(error.message))
    }
    if (answer.get('state') !== request.state) {
      return find('state_changed', 'state is not the one that was sent')
    }
    const iss = judgeIss(answer, server)
    if (iss.fault !== undefined && iss.fault !== 'iss_unannounced') return find(iss.fault, iss.told)
    const code = answer.get('code')
    if (code === null) return find(answer.has('error') ? 'denied' : 'no_code', contentOf(answer))
    facts.code = keepSecret(visit, code)
    return iss.fault === undefined ? passed(iss.told) : find(iss.fault, iss.told)
  },
})

interface IssJudgement {
  readonly fault: 'iss_missing' | 'iss_wrong' | 'iss_unannounced' | undefined
  readonly told: string
}

/** RFC 9207 section 2.4: before anything else of the answer is believed. */
function judgeIss(answer: URLSearchParams, server: ServerMetadata | undefined): IssJudgement {
  const iss = answer.get('iss')
  const isPromised = server?.document['authorization_response_iss_parameter_supported'] === true
  if (iss === null) {
    return isPromised
      ? { fault: 'iss_missing', told: 'the answer has no iss' }
      : { fault: undefined, told: 'code and state came back' }
  }
  if (iss !== server?.issuer) return { fault: 'iss_wrong', told: `iss is ${plain(iss)}` }
  const told = 'code, state and iss came back'
  return { fault: isPromised ? undefined : 'iss_unannounced', told }
}

/** Without a code nothing of it is secret. */
function contentOf(answer: URLSearchParams): string {
  const words = ['error', 'error_description'].flatMap((name) => answer.get(name) ?? [])
  return plain(words.join(' ')) || `it has ${[...answer.keys()].map(plain).join(', ') || 'nothing'}`
}
