/** `gateway ssl` for a person. */

import { toTable } from '../output.ts'
import type { CertificateFacts } from './facts.ts'
import type { Renewal, ServedFacts, SslReport } from './ssl-report.ts'

export function renderSsl({ problems, renewal, files, loaded, served }: SslReport): string[] {
  const leaf =
    files?.chain[0] ?? served.find(({ certificate }) => certificate !== null)?.certificate
  return [
    ...(leaf == null ? ['There is no certificate.'] : leafLines(leaf)),
    ...(files === null
      ? []
      : [
          ...files.chain
            .slice(1)
            .map(({ subject, not_after }) => `then      ${subject}, until ${not_after}`),
          `files     ${files.folder}${files.key_matches === true ? ', and its key belongs to it' : ''}`,
        ]),
    ...(loaded === null
      ? []
      : [`Envoy     has loaded ${loaded.map(({ serial }) => serial).join(', ') || 'none'}`]),
    ...(renewal === null ? [] : [`renewal   ${renewalWords(renewal)}`]),
    ...(served.length === 0 ? [] : ['', ...servedTable(served)]),
    ...(problems.length === 0 ? [] : ['', ...problems.map((problem) => `✗ ${problem}`)]),
  ]
}

function leafLines(leaf: CertificateFacts): string[] {
  return [
    `names     ${leaf.names.join(', ')}`,
    `issuer    ${leaf.issuer}`,
    `from      ${leaf.not_before}`,
    `until     ${leaf.not_after} (${leaf.days_left} days left)`,
    `key       ${leaf.key}`,
    `serial    ${leaf.serial}`,
    `SHA-256   ${leaf.fingerprint}`,
  ]
}

function renewalWords({ source, next_attempt, fault }: Renewal): string {
  const when =
    next_attempt === null ? 'when a third of its life is left' : `next at ${next_attempt}`
  const words = {
    own: 'by you: put a newer one in the place of the files, and it is served within seconds',
    acme: `by itself, from the ACME authority, ${when}`,
    development: `by itself, from the authority of this gateway's own, ${when}`,
  }
  return words[source] + (fault === null ? '' : `; the last try failed: ${fault}`)
}

function servedTable(served: readonly ServedFacts[]): string[] {
  const rows = served.map(({ name, port, certificate, protocol, fault, same_as_files }) => [
    name,
    String(port),
    protocol ?? '-',
    certificate === null ? '-' : `${certificate.days_left} days`,
    same_as_files === null ? '-' : same_as_files ? 'as the files' : 'ANOTHER',
    fault === null ? 'trusted' : fault,
  ])
  return toTable([['SERVED AS', 'PORT', 'PROTOCOL', 'LEFT', 'WHICH', 'CLIENTS SAY'], ...rows])
}
