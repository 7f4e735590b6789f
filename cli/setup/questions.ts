/** The four questions: where, for whom the certificates are, how people log in, and who may in. */

import { CliError, EXIT_CODE } from '../cli-error.ts'
import { callbackOf } from './addresses.ts'
import {
  type Answers,
  nameOfIssuer,
  type ProviderAnswer,
  type Reading,
  readAllowed,
  readClientId,
  readClientSecret,
  readDomain,
  readEmail,
  readIssuer,
  readPort,
  type Site,
  type Trial,
} from './answers.ts'
import type { Asker } from './asker.ts'
import type { Checks } from './checks/checks.ts'
import { type Finding, findingLines, isBad } from './finding.ts'
import { CLIENT_VARIABLES, type Given } from './given.ts'

export interface Interview {
  readonly asker: Asker
  readonly given: Given
  readonly checks: Checks
}

export async function askAll(interview: Interview): Promise<Answers> {
  const { place, port } = await settle(
    interview,
    () => askPlace(interview),
    (where) => interview.checks.place(where),
  )
  const provider = await settle(
    interview,
    () => askProvider(interview, place),
    (answer) => interview.checks.provider(answer, callbackOf({ place, port }, answer)),
  )
  const allowed = await askAllowed(interview, provider)
  return { place, port, provider, allowed }
}

const PORT_NAME = '--port (GATEWAY_PORT)'

type Where = Pick<Answers, 'place' | 'port'>

async function askPlace({ asker, given }: Interview): Promise<Where> {
  const domain = await asker.ask({
    message: 'Domain under which others reach this gateway',
    hint: 'such as example.com; nothing, or "local", for a trial on this machine',
    initial: given.domain ?? '',
    read: readDomain,
  })
  const port = required(readPort(given.portOf(domain)), PORT_NAME)
  if (domain === '') return { place: { kind: 'trial', tls: !given.plain } satisfies Trial, port }
  const email = await asker.ask({
    message: 'E-mail address for certificates',
    hint: 'Let’s Encrypt writes to it; giving it you accept their terms',
    initial: given.email ?? '',
    read: readEmail,
  })
  return { place: { kind: 'domain', domain, email } satisfies Site, port }
}

const PROVIDER_LABELS = {
  github: 'GitHub',
  oidc: 'another one, by OpenID Connect (Google, Microsoft, Okta, Keycloak, …)',
  file: 'those of gateway.yaml, as it says',
  none: 'none: any name will do, on this machine alone',
} as const

async function askProvider(interview: Interview, place: Answers['place']): Promise<ProviderAnswer> {
  const { asker, given } = interview
  const kinds: readonly ProviderAnswer['kind'][] = [
    ...(given.hasFileProviders ? (['file'] as const) : []),
    ...(place.kind === 'trial' ? (['none'] as const) : []),
    'github',
    'oidc',
  ]
  const [first = 'github'] = kinds
  const kind = await asker.choose({
    message: 'How people log in',
    options: kinds.map((value) => ({ value, label: PROVIDER_LABELS[value] })),
    initial:
      given.provider !== undefined && kinds.includes(given.provider) ? given.provider : first,
  })
  if (kind === 'none' || kind === 'file') return { kind }
  if (kind === 'github') return { kind, ...(await askClient(interview, kind, GITHUB_HINT)) }
  const issuer = await asker.ask({
    message: 'Issuer of the provider',
    hint: 'such as https://accounts.google.com',
    initial: given.issuer ?? '',
    read: readIssuer,
  })
  const client = await askClient(interview, kind, 'as the provider shows it')
  return { kind, name: given.oidcName ?? nameOfIssuer(issuer), issuer, ...client }
}

const GITHUB_HINT = 'of an OAuth app: GitHub, Settings, Developer settings'

async function askClient(
  { asker, given }: Interview,
  kind: 'github' | 'oidc',
  hint: string,
): Promise<Pick<ProviderAnswer & { kind: 'github' }, 'clientId' | 'clientSecret'>> {
  const clientId = await asker.ask({
    message: 'Client ID',
    hint,
    initial: given.clientIdOf(kind) ?? '',
    read: readClientId,
  })
  const known = given.clientSecretOf(kind)
  const clientSecret = await asker.askSecret({
    message: 'Client secret',
    hint:
      known === undefined ? 'it is not shown' : 'it is not shown; nothing keeps the one there is',
    read: (text) => readClientSecret(text === '' ? (known ?? '') : text),
  })
  return { clientId, clientSecret }
}

async function askAllowed(
  { asker, given }: Interview,
  provider: ProviderAnswer,
): Promise<readonly string[]> {
  if (provider.kind === 'none' || provider.kind === 'file') return []
  const examples =
    provider.kind === 'github'
      ? 'GitHub logins by comma; * is everyone there'
      : `addresses by comma: alice@example.com, *@example.com; ${provider.name}:* is everyone there`
  return await asker.ask({
    message: 'Who may in',
    hint: examples,
    initial: given.allowed ?? '',
    read: readAllowed,
  })
}

/** Asks until nothing is bad, or the person wants it all the same. */
async function settle<T>(
  { asker }: Interview,
  ask: () => Promise<T>,
  check: (answer: T) => Promise<readonly Finding[]>,
): Promise<T> {
  for (;;) {
    const answer = await ask()
    const findings = await check(answer)
    if (findings.length > 0) asker.tell(findingLines(findings))
    if (!findings.some(isBad)) return answer
    if (!asker.isPatient) throw refusal(findings)
    const wish = await asker.choose({
      message: 'This will not work yet',
      options: [
        { value: 'again', label: 'Answer again' },
        { value: 'on', label: 'Go on all the same' },
      ],
      initial: 'again',
    })
    if (wish === 'on') return answer
  }
}

function refusal(findings: readonly Finding[]): CliError {
  const bad = findings.filter(isBad)
  return new CliError(
    [...bad.map(({ about, text }) => `${about}: ${text}`), 'Nothing was written.'].join('\n'),
    { nextStep: bad[0]?.fix ?? '--no-check writes it all the same' },
  )
}

/** @throws CliError for wrong usage. */
function required<T>(reading: Reading<T>, name: string): T {
  if ('value' in reading) return reading.value
  throw new CliError(`${name} ${reading.fault}.`, { exitCode: EXIT_CODE.usage })
}

/** What keeps `given` from being all the answers; empty when nobody has to be asked. */
export function faultsOf(given: Given): string[] {
  const domain = readDomain(given.domain ?? '')
  const isSite = 'value' in domain && domain.value !== ''
  const { provider } = given
  const isClient = provider === 'github' || provider === 'oidc'
  const checked: [boolean, string, Reading<unknown>][] = [
    [true, '--domain (BASE_DOMAIN)', domain],
    ['value' in domain, PORT_NAME, readPort(given.portOf('value' in domain ? domain.value : ''))],
    [isSite, '--email (ACME_EMAIL)', readEmail(given.email ?? '')],
    [
      isSite && (provider ?? 'none') === 'none',
      '--provider',
      { fault: 'must be github or oidc: others reach this gateway' },
    ],
    [
      provider === 'file' && !given.hasFileProviders,
      '--provider',
      { fault: 'is file, and gateway.yaml has no providers' },
    ],
    [provider === 'oidc', '--issuer (OIDC_ISSUER)', readIssuer(given.issuer ?? '')],
    ...(isClient ? clientChecks(given, provider) : []),
    [isClient, '--allow (ALLOWED_GITHUB_USERS, ALLOWED_USERS)', readAllowed(given.allowed ?? '')],
  ]
  return checked.flatMap(([applies, name, reading]) =>
    applies && 'fault' in reading ? [`${name} ${reading.fault}`] : [],
  )
}

function clientChecks(
  given: Given,
  kind: 'github' | 'oidc',
): [boolean, string, Reading<unknown>][] {
  const { id, secret } = CLIENT_VARIABLES[kind]
  return [
    [true, `--client-id (${id})`, readClientId(given.clientIdOf(kind) ?? '')],
    [
      true,
      `${secret}, ${secret}_FILE or --secret-stdin`,
      readClientSecret(given.clientSecretOf(kind) ?? ''),
    ],
  ]
}
