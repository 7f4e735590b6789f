/** What answers mean as variables of `.env`: those to set, and those of an earlier answer to take out. */

import { type Environment, readText } from '../../lib/platform/environment.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { issuerOf, isTrialAddress } from './addresses.ts'
import type { Answers, ProviderAnswer } from './answers.ts'
import type { Changes } from './env-file.ts'
import { CLIENT_VARIABLES } from './given.ts'

type Variables = Readonly<Record<string, string | undefined>>

const DEFAULT_PORT = '8642'

/** @param present what `.env` says now. */
export function toVariables(
  answers: Answers,
  rootSecret: Secret | undefined,
  present: Variables,
): Changes {
  return new Map(
    Object.entries({
      ...(rootSecret && { GATEWAY_SECRET: rootSecret.reveal() }),
      ...ofPlace(answers, present),
      ...ofProvider(answers, present),
    }),
  )
}

function ofPlace({ place, port }: Answers, present: Variables): Variables {
  const text = String(port)
  // A variable that says the default is kept where it stands, and not made.
  const isDefault = text === DEFAULT_PORT && present['GATEWAY_PORT'] === undefined
  const common = isDefault ? {} : { GATEWAY_PORT: text }
  if (place.kind === 'trial') {
    const PUBLIC_URL = issuerOf({ place, port })
    const GATEWAY_TLS = place.tls ? 'true' : undefined
    return { ...common, PUBLIC_URL, GATEWAY_TLS, BASE_DOMAIN: undefined, ACME_EMAIL: undefined }
  }
  return {
    ...common,
    BASE_DOMAIN: place.domain,
    ACME_EMAIL: place.email,
    // Of a trial before; an address of the operator's own goes on.
    ...(isTrialAddress(present['PUBLIC_URL']) && { PUBLIC_URL: undefined }),
    GATEWAY_TLS: undefined,
  }
}

const NO_GITHUB: Variables = { GITHUB_CLIENT_ID: undefined, ...withoutSecret('github') }
const NO_OIDC: Variables = {
  OIDC_NAME: undefined,
  OIDC_ISSUER: undefined,
  OIDC_CLIENT_ID: undefined,
  ...withoutSecret('oidc'),
}
const NOBODY: Variables = { ALLOWED_GITHUB_USERS: undefined, ALLOWED_USERS: undefined }

function ofProvider({ provider, allowed }: Answers, present: Variables): Variables {
  switch (provider.kind) {
    case 'none':
      return { ...NO_GITHUB, ...NO_OIDC, ...NOBODY }
    case 'file':
      // What completes the file's providers is the operator's.
      return {}
    case 'github':
      return {
        ...NO_OIDC,
        GITHUB_CLIENT_ID: provider.clientId,
        ...ofSecret(provider, present),
        ALLOWED_GITHUB_USERS: toList(allowed.filter((rule) => !isRule(rule))),
        ALLOWED_USERS: toList(allowed.filter(isRule)),
      }
    case 'oidc':
      return {
        ...NO_GITHUB,
        OIDC_NAME: provider.name,
        OIDC_ISSUER: provider.issuer,
        OIDC_CLIENT_ID: provider.clientId,
        ...ofSecret(provider, present),
        ALLOWED_GITHUB_USERS: undefined,
        ALLOWED_USERS: toList(allowed),
      }
  }
}

/** As `users` in `gateway.yaml` has them: anything else beside GitHub is a login there. */
function isRule(text: string): boolean {
  return /[:@]/.test(text)
}

function toList(members: readonly string[]): string | undefined {
  return members.length === 0 ? undefined : members.join(',')
}

/** A file that holds it already goes on holding it. */
function ofSecret(
  { kind, clientSecret }: ProviderAnswer & { readonly kind: 'github' | 'oidc' },
  present: Variables,
): Variables {
  const { secret } = CLIENT_VARIABLES[kind]
  if (textOrNothing(secret, present) === clientSecret.reveal()) return {}
  return { ...withoutSecret(kind), [secret]: clientSecret.reveal() }
}

function withoutSecret(kind: 'github' | 'oidc'): Variables {
  const { secret } = CLIENT_VARIABLES[kind]
  return { [secret]: undefined, [`${secret}_FILE`]: undefined }
}

function textOrNothing(name: string, environment: Environment): string | undefined {
  try {
    return readText(name, environment)
  } catch {
    return undefined
  }
}
