/** What is set already, for whoever sets up again: secrets by their name alone. */

import type { EnvFile } from './env-file.ts'

const SHOWN = [
  'BASE_DOMAIN',
  'PUBLIC_URL',
  'GATEWAY_PORT',
  'ACME_EMAIL',
  'GITHUB_CLIENT_ID',
  'OIDC_NAME',
  'OIDC_ISSUER',
  'OIDC_CLIENT_ID',
  'ALLOWED_GITHUB_USERS',
  'ALLOWED_USERS',
]
const SECRETS = ['GATEWAY_SECRET', 'GITHUB_CLIENT_SECRET', 'OIDC_CLIENT_SECRET']

export function presentLines({ values }: EnvFile): string[] {
  const shown = SHOWN.flatMap((name) =>
    values[name] === undefined ? [] : [`  ${name}=${values[name]}`],
  )
  const hidden = SECRETS.filter((name) => values[name] ?? values[`${name}_FILE`])
  if (shown.length + hidden.length === 0) return []
  return [
    'In .env now (Enter keeps what there is):',
    ...shown,
    ...hidden.map((name) => `  ${name} is set`),
  ]
}
