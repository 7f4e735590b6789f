/** What is known before anybody is asked: options, then the environment with `.env` behind it. */

import { OIDC_SECRET } from '../../lib/catalogue/provider-variables.ts'
import { GITHUB_SECRET } from '../../lib/catalogue/providers.ts'
import { type Environment, readText } from '../../lib/platform/environment.ts'
import { CliError } from '../cli-error.ts'
import { isTrialAddress } from './addresses.ts'
import type { ProviderAnswer } from './answers.ts'

export interface SetupOptions {
  readonly domain?: string
  readonly email?: string
  readonly provider?: ProviderAnswer['kind']
  readonly providerName?: string
  readonly issuer?: string
  readonly clientId?: string
  readonly allow?: string
  readonly port?: string
  /** False by `--no-plain`. */
  readonly plain?: boolean
  readonly yes?: true
  readonly secretStdin?: true
  /** False by `--no-check`. */
  readonly check: boolean
}

/** Texts as they came, not yet read: each may be wrong. */
export interface Given {
  /** Undefined: nobody said anything; empty: a local trial. */
  readonly domain: string | undefined
  readonly email: string | undefined
  readonly plain: boolean
  readonly portOf: (domain: string) => string
  readonly provider: ProviderAnswer['kind'] | undefined
  /** Whether `gateway.yaml` has providers of its own. */
  readonly hasFileProviders: boolean
  readonly oidcName: string | undefined
  readonly issuer: string | undefined
  readonly clientIdOf: (kind: 'github' | 'oidc') => string | undefined
  readonly clientSecretOf: (kind: 'github' | 'oidc') => string | undefined
  readonly allowed: string | undefined
}

export const CLIENT_VARIABLES = {
  github: { id: 'GITHUB_CLIENT_ID', secret: GITHUB_SECRET },
  oidc: { id: 'OIDC_CLIENT_ID', secret: OIDC_SECRET },
} as const

const PORT_OF_TRIAL = '8642'
const PORT_OF_DOMAIN = '443'

export interface GivenSources {
  readonly options: SetupOptions
  readonly environment: Environment
  readonly hasFileProviders: boolean
  /** What `--secret-stdin` read. */
  readonly typedSecret: string | undefined
}

export function toGiven(sources: GivenSources): Given {
  const { options, environment, hasFileProviders, typedSecret } = sources
  const of = (name: string): string | undefined => textOf(name, environment)
  const lastDomain = of('BASE_DOMAIN') ?? ''
  return {
    domain:
      options.domain ?? of('BASE_DOMAIN') ?? (isTrialAddress(of('PUBLIC_URL')) ? '' : undefined),
    email: options.email ?? of('ACME_EMAIL'),
    plain: options.plain ?? of('PUBLIC_URL')?.startsWith('http:') ?? false,
    // The port of another place says nothing of this one.
    portOf: (domain) =>
      options.port ??
      (domain === lastDomain ? of('GATEWAY_PORT') : undefined) ??
      (domain === '' ? PORT_OF_TRIAL : PORT_OF_DOMAIN),
    provider: options.provider ?? providerOf(sources),
    hasFileProviders,
    oidcName: options.providerName ?? of('OIDC_NAME'),
    issuer: options.issuer ?? of('OIDC_ISSUER'),
    clientIdOf: (kind) => options.clientId ?? of(CLIENT_VARIABLES[kind].id),
    clientSecretOf: (kind) => typedSecret ?? of(CLIENT_VARIABLES[kind].secret),
    allowed: options.allow ?? allowedOf(environment),
  }
}

function providerOf({
  options,
  environment,
  hasFileProviders,
}: GivenSources): ProviderAnswer['kind'] | undefined {
  if (options.issuer !== undefined || textOf('OIDC_ISSUER', environment) !== undefined)
    return 'oidc'
  if (textOf('GITHUB_CLIENT_ID', environment) !== undefined) return 'github'
  return hasFileProviders ? 'file' : undefined
}

function allowedOf(environment: Environment): string | undefined {
  const lists = ['ALLOWED_GITHUB_USERS', 'ALLOWED_USERS'].map((name) => textOf(name, environment))
  const texts = lists.filter((text) => text !== undefined)
  return texts.length === 0 ? undefined : texts.join(',')
}

/** @throws CliError when a file that should hold it cannot be read. */
function textOf(name: string, environment: Environment): string | undefined {
  try {
    return readText(name, environment)
  } catch (error) {
    throw new CliError(`${name} ${(error as Error).message}.`, {
      nextStep: `let ${name}_FILE name a file that can be read, or take it out of .env`,
    })
  }
}
