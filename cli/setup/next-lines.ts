/** What was done, and the next command to type. */

import { callbackOf, issuerOf } from './addresses.ts'
import type { Answers } from './answers.ts'
import type { SetupResult } from './run-setup.ts'

/** Where only Docker is. */
const COMPOSE_STATUS = 'docker compose ps --all --format json | docker compose run --rm -T status'

/** Commands, in the order in which they are typed. */
export function nextCommands({ isCompose }: SetupResult): string[] {
  return isCompose
    ? ['docker compose up -d', COMPOSE_STATUS]
    : ['npm start', 'npm run --silent gateway status']
}

export function resultLines(result: SetupResult): string[] {
  const { path, answers, changed, isCompose } = result
  const [start = '', look = ''] = nextCommands(result)
  return [
    '',
    changed.length === 0
      ? `${path} says all of it already.`
      : `Written to ${path} (only its owner can read it): ${changed.join(', ')}.`,
    ...outsideLines(answers),
    ...trustLines(answers, isCompose),
    '',
    `Next:  ${start}${isCompose ? '' : '      (in containers: docker compose up -d)'}`,
    `then   ${look}`,
    `It will be at ${issuerOf(answers)}`,
  ]
}

/** What has to be so elsewhere. */
function outsideLines(answers: Answers): string[] {
  const { place, provider } = answers
  const isClient = provider.kind === 'github' || provider.kind === 'oidc'
  return [
    ...(isClient
      ? [`The provider has to know the callback URL ${callbackOf(answers, provider)}`]
      : []),
    ...(place.kind === 'domain'
      ? [
          `DNS has to lead auth.${place.domain} and *.${place.domain} to this machine; ports 80 and ${answers.port} have to be open.`,
        ]
      : []),
  ]
}

function trustLines({ place }: Answers, isCompose: boolean): string[] {
  if (place.kind === 'domain' || !place.tls) return []
  const how = isCompose
    ? 'fetch it with: docker compose cp certs:/state/certs/authority/ca.pem .'
    : 'the start says where it is.'
  return [
    'The certificate comes from an authority of this gateway’s own, which clients have to trust (docs/certificates.md);',
    how,
  ]
}
