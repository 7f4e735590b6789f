/** What to do about what a status shows, most urgent first; each ready to be typed where it can be. */

import type { CertificateStatus } from '../../certs/status.ts'
import { clientEntries } from '../../lib/catalogue/client-lines.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'

const DAY_MS = 86_400_000
/** With so little left whoever renews by themselves should have done so: a quarter of its life, or two weeks. */
const SOON_MS_MAX = 14 * DAY_MS
const SOON_PART = 4

/** @param logs the command that shows the log of the certificates' room. */
export function certificateSteps(
  certificate: CertificateStatus | null,
  logs: string,
  now: number,
): string[] {
  if (certificate === null) return []
  const { source, placeholder, not_before, not_after, missing_names: missing = [] } = certificate
  const [begins, ends] = [Date.parse(not_before), Date.parse(not_after)]
  if (placeholder) return [`Get a certificate: ${logs} says why there is none.`]
  if (begins > now) return ['Set the clock, or wait: the certificate begins later than now.']
  if (source === 'own' && missing.length > 0) {
    return [`Put a certificate that is for ${missing.join(', ')} as well in its place.`]
  }
  if (ends - now > Math.min(SOON_MS_MAX, (ends - begins) / SOON_PART)) return []
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
  return [`off: ${names.join(', ')} (${serviceSwitch(first)}=true in .env switches ${first} on)`]
}
