/** What to do about what a status shows, most urgent first; each ready to be typed where it can be. */

import type { CertificateStatus } from '../../certs/status.ts'
import { clientEntries } from '../../lib/catalogue/client-lines.ts'

const DAY_MS = 86_400_000
/** By then whoever renews by themselves has done so. */
const SOON_MS = 14 * DAY_MS

/** @param logs the command that shows the log of the certificates' room. */
export function certificateSteps(
  certificate: CertificateStatus | null,
  logs: string,
  now: number,
): string[] {
  if (certificate === null) return []
  const { source, placeholder, not_after } = certificate
  if (placeholder) return [`Get a certificate: ${logs} says why there is none.`]
  if (Date.parse(not_after) - now > SOON_MS) return []
  return source === 'own'
    ? ['Put a newer certificate in the place of the one that ends: docs/certificates.md.']
    : [`See why the certificate is not renewed: ${logs}.`]
}

/** With nothing else to do: the way in. */
export function connectSteps(services: readonly { name: string; url: string }[]): string[] {
  const [first] = services
  if (first === undefined) return ['Switch a service on: MCP_ECHO_ENABLED=true.']
  const entry = clientEntries(first.name, first.url).find(({ isRemote }) => !isRemote)
  return [`Connect a client, for instance: ${entry?.lines[0]?.text ?? first.url}`]
}

export function stepLines(steps: readonly string[]): string[] {
  return steps.length === 0 ? [] : ['', ...steps.map((step) => `→ ${step}`)]
}

/** `off: git, time (MCP_GIT_ENABLED=true)` */
export function switchedOffLines(names: readonly string[]): string[] {
  const [first] = names
  if (first === undefined) return []
  const variable = `MCP_${first.toUpperCase().replaceAll('-', '_')}_ENABLED=true`
  return [`off: ${names.join(', ')} (${variable} in .env switches ${first} on)`]
}
