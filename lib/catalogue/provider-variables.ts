/** Login providers that environment variables make, or complete: so that a gateway needs no file for one. */

import type { ProviderDefinition } from './provider-definition.ts'

export interface ProviderVariables {
  readonly GITHUB_CLIENT_ID: string | undefined
  readonly GITHUB_URL: string | undefined
  readonly GITHUB_API_URL: string | undefined
  readonly OIDC_NAME: string | undefined
  readonly OIDC_ISSUER: string | undefined
  readonly OIDC_CLIENT_ID: string | undefined
}

type Definitions = Readonly<Record<string, ProviderDefinition>>

const OIDC_NAME_DEFAULT = 'oidc'
/** Where the secret of that provider's client is. */
export const OIDC_SECRET = 'OIDC_CLIENT_SECRET'

/** The file wins, member by member; what variables make comes first on pages. */
export function completeProviders(
  definitions: Definitions,
  variables: ProviderVariables,
  faults: string[],
): Definitions {
  return completeGitHub(completeOidc(definitions, variables, faults), variables, faults)
}

function completeGitHub(
  definitions: Definitions,
  { GITHUB_CLIENT_ID, GITHUB_URL, GITHUB_API_URL }: ProviderVariables,
  faults: string[],
): Definitions {
  const own = definitions['github']
  if (own === undefined && GITHUB_CLIENT_ID === undefined) {
    const idle = Object.entries({ GITHUB_URL, GITHUB_API_URL }).filter(([, value]) => value)
    faults.push(...idle.map(([name]) => `${name} means nothing without GITHUB_CLIENT_ID`))
    return definitions
  }
  const url = own?.url ?? GITHUB_URL
  // Of another GitHub than the file's the variable says nothing.
  const apiUrl = own?.api_url ?? (own?.url === undefined ? GITHUB_API_URL : undefined)
  const github = {
    ...own,
    client_id: own?.client_id ?? GITHUB_CLIENT_ID,
    ...(url !== undefined && { url }),
    ...(apiUrl !== undefined && { api_url: apiUrl }),
  }
  return own === undefined ? { github, ...definitions } : { ...definitions, github }
}

function completeOidc(
  definitions: Definitions,
  { OIDC_NAME, OIDC_ISSUER, OIDC_CLIENT_ID }: ProviderVariables,
  faults: string[],
): Definitions {
  if (OIDC_ISSUER === undefined || OIDC_CLIENT_ID === undefined) {
    const idle = Object.entries({ OIDC_NAME, OIDC_ISSUER, OIDC_CLIENT_ID }).filter(
      ([, value]) => value,
    )
    const missing = OIDC_ISSUER === undefined ? 'OIDC_ISSUER' : 'OIDC_CLIENT_ID'
    faults.push(...idle.map(([name]) => `${name} means nothing without ${missing}`))
    return definitions
  }
  const name = OIDC_NAME ?? OIDC_NAME_DEFAULT
  const made = {
    issuer: OIDC_ISSUER,
    client_id: OIDC_CLIENT_ID,
    client_secret: `\${secret.${OIDC_SECRET}}`,
  }
  const own = definitions[name]
  if (own === undefined) return { [name]: made, ...definitions }
  // To another issuer than that of the variables neither id nor secret is told.
  if (own.issuer !== undefined && own.issuer !== OIDC_ISSUER) {
    faults.push(
      `OIDC_ISSUER is not the issuer of providers.${name}: take one out, or set OIDC_NAME`,
    )
    return definitions
  }
  return { ...definitions, [name]: { ...made, ...own } }
}
