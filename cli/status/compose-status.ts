/** The status of a gateway that runs in containers: what Docker tells, beside what the configuration says. */

import type { CertificateStatus } from '../../certs/status.ts'
import { shippedNames } from '../../lib/catalogue/catalogue.ts'
import { type Gateway, switchedOff } from '../../lib/catalogue/gateway.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import { toTable } from '../output.ts'
import { statusLines } from '../start/certificate-lines.ts'
import { type PeopleStatus, peopleStatusLine, toPeopleStatus } from '../start/people-lines.ts'
import type { ContainerStatus, Verdict } from './compose-ps.ts'
import { certificateSteps, connectSteps, stepLines, switchedOffLines } from './next-steps.ts'

/** The wire shape that `gateway status --json` prints. */
export interface ComposeStatus {
  readonly ready: boolean
  /** Null while the configuration is at fault. */
  readonly public_url: string | null
  readonly people: PeopleStatus | null
  readonly faults: readonly string[]
  readonly certificate: CertificateStatus | null
  readonly parts: readonly (Omit<ContainerStatus, 'image'> & { readonly image: string | null })[]
  readonly services: readonly {
    readonly name: string
    readonly url: string
    /** Of the container that runs it; null where it is elsewhere. */
    readonly verdict: Verdict | 'absent' | null
  }[]
  readonly switched_off: readonly string[]
}

export interface ComposeFacts {
  readonly containers: readonly ContainerStatus[]
  /** Services of the project that should have a container; undefined where nobody could be asked. */
  readonly expected: readonly string[] | undefined
  readonly gateway: Gateway | undefined
  readonly faults: readonly string[]
  readonly certificate: CertificateStatus | null
}

export function toComposeStatus(facts: ComposeFacts): ComposeStatus {
  const { containers, expected = [], gateway, faults, certificate } = facts
  const present = new Set(containers.map(({ name }) => name))
  const absent = expected.filter((name) => !present.has(name))
  const parts = [
    ...containers,
    ...absent.map((name) => ({ name, verdict: 'failing' as const, status: 'absent', image: null })),
  ]
  const services = toServices(facts)
  return {
    ready:
      parts.length > 0 &&
      parts.every(({ verdict }) => isWell(verdict)) &&
      services.every(({ verdict }) => verdict !== 'absent'),
    public_url: gateway?.addresses.issuer ?? null,
    people: gateway === undefined ? null : toPeopleStatus(gateway),
    faults,
    certificate,
    parts: parts.toSorted((one, other) => order(one.verdict) - order(other.verdict)),
    services,
    switched_off: gateway === undefined ? [] : switchedOff(gateway),
  }
}

/** Where the operator's own programs run; what the project ships has a container of its name. */
const OWN = 'own'
/** The socket in the volume of a container that one service has to itself, as `gateway add image:` writes it. */
const RUNNER_SOCKET = /^\/run\/runners\/([^/]+)\/runner\.sock$/

function toServices({ gateway, containers }: ComposeFacts): ComposeStatus['services'] {
  if (gateway === undefined) return []
  const shipped = shippedNames()
  const verdictOf = (name: string): Verdict | 'absent' =>
    containers.find((one) => one.name === name)?.verdict ?? 'absent'
  return [...gateway.services.values()].map((service) => ({
    name: service.name,
    url: gateway.addresses.resourceOf(service.name),
    verdict: service.launch.kind === 'remote' ? null : verdictOf(containerOf(service, shipped)),
  }))
}

function containerOf({ name, runner = '' }: Service, shipped: ReadonlySet<string>): string {
  return RUNNER_SOCKET.exec(runner)?.[1] ?? (shipped.has(name) ? name : OWN)
}

/** Whether any container that is to stay up does: what did its work and ended says nothing. */
export function isUp({ parts }: Pick<ComposeStatus, 'parts'>): boolean {
  return parts.some(({ verdict }) => verdict === 'serving' || verdict === 'starting')
}

/** Names of what keeps it from being ready. */
export function notReady({ parts, services }: ComposeStatus): string[] {
  const waiting = parts.filter(({ verdict }) => verdict === 'failing' || verdict === 'starting')
  const absent = services.filter(({ verdict }) => verdict === 'absent')
  return [...new Set([...waiting, ...absent].map(({ name }) => name))]
}

function isWell(verdict: Verdict): boolean {
  return verdict === 'serving' || verdict === 'done'
}

const ORDER: readonly Verdict[] = ['failing', 'starting', 'serving', 'done']

function order(verdict: Verdict): number {
  return ORDER.indexOf(verdict)
}

export function renderComposeStatus(status: ComposeStatus, now: number): string[] {
  const { public_url, people, faults, certificate, parts, services, switched_off } = status
  return [
    `${public_url ?? 'the configuration is at fault'} (in containers)`,
    ...faults.map((fault) => `  ${fault}`),
    ...statusLines(certificate, now),
    ...(people === null ? [] : [peopleStatusLine(people)]),
    '',
    ...toTable([
      ['PART', 'STATE', 'DOCKER SAYS'],
      // Those of services have their line below.
      ...parts
        .filter(({ name }) => !services.some((service) => service.name === name))
        .map((part) => [part.name, part.verdict, part.status]),
    ]),
    '',
    ...toTable([
      ['SERVICE', 'STATE', 'DOCKER SAYS', 'URL'],
      ...services.map(({ name, verdict, url }) => [
        name,
        verdict ?? 'elsewhere',
        parts.find((part) => part.name === name)?.status ?? '-',
        url,
      ]),
    ]),
    ...switchedOffLines(switched_off),
    ...stepLines(composeSteps(status, now)),
  ]
}

export function composeSteps(status: ComposeStatus, now: number): string[] {
  const { faults, parts, certificate, services } = status
  const isMissing =
    parts.length === 0 ||
    parts.some((part) => part.status === 'absent') ||
    services.some(({ verdict }) => verdict === 'absent')
  const failing = parts.filter(
    ({ verdict, status: words }) => verdict === 'failing' && words !== 'absent',
  )
  const steps = [
    ...(faults.length > 0 ? ['Correct .env or gateway.yaml, then: docker compose up -d'] : []),
    ...(isMissing ? ['Start what is not there: docker compose up -d'] : []),
    ...failing.map(({ name }) => `See why ${name} fails: docker compose logs --tail 50 ${name}`),
    ...(parts.some(({ verdict }) => verdict === 'starting')
      ? ['Wait some seconds, and look again.']
      : []),
    ...certificateSteps(certificate, 'docker compose logs --tail 50 certs', now),
  ]
  return steps.length > 0 ? steps : connectSteps(services)
}
