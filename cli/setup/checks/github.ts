/** Whether GitHub knows the app, and its secret. */

import type { ProviderAnswer } from '../answers.ts'
import type { Finding } from '../finding.ts'
import { askToken, describeFailure, type TokenAnswer, WRONG_CODE } from './ask-token.ts'

type Client = Pick<ProviderAnswer & { kind: 'github' }, 'clientId' | 'clientSecret'>

/** @param url without a trailing slash. */
export async function checkGitHub(
  { clientId, clientSecret }: Client,
  url: string,
): Promise<Finding> {
  const about = 'GitHub'
  try {
    const answer = await askToken({
      url: `${url}/login/oauth/access_token`,
      form: { client_id: clientId, client_secret: clientSecret.reveal(), code: WRONG_CODE },
    })
    return { about, ...judge(answer, url) }
  } catch (error) {
    const text = `${url} cannot be reached from here (${describeFailure(error)}): whether the secret is right is not known`
    return { about, verdict: 'doubtful', text, fix: 'let this machine reach it: logins need it' }
  }
}

/** Faults of the app come with status 200, and an app that is not there with 404. */
function judge({ status, error }: TokenAnswer, url: string): Omit<Finding, 'about'> {
  const place = `${url}/settings/developers`
  if (error === 'bad_verification_code')
    return { verdict: 'good', text: 'knows the app and its secret' }
  if (error === 'incorrect_client_credentials') {
    return {
      verdict: 'bad',
      text: 'does not accept this client ID with this secret',
      fix: `copy both from ${place}; a new secret is made there as well`,
    }
  }
  if (status === 404) {
    return { verdict: 'bad', text: 'has no app with this client ID', fix: `copy it from ${place}` }
  }
  return {
    verdict: 'doubtful',
    text: `answered with status ${status}${error === undefined ? '' : ` and "${toPrintable(error)}"`}: whether the secret is right is not known`,
  }
}

export function toPrintable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
}
