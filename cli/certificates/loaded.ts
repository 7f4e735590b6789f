/** What Envoy says of the certificates it has loaded (`/certs` of its administration). */

import { z } from 'zod'
import { toSerial } from './facts.ts'
import type { LoadedCertificate } from './ssl-report.ts'

const page = z.object({
  certificates: z.array(
    z.object({
      cert_chain: z
        .array(z.object({ serial_number: z.string(), expiration_time: z.string() }))
        .default([]),
    }),
  ),
})

/** Each once: every listener has its own copy. @throws Error for what is no such page. */
export function readLoaded(text: string): LoadedCertificate[] {
  const { certificates } = page.parse(JSON.parse(text))
  const all = certificates.flatMap(({ cert_chain }) => cert_chain)
  const bySerial = new Map(
    all.map(({ serial_number, expiration_time }) => [
      toSerial(serial_number),
      new Date(expiration_time).toISOString(),
    ]),
  )
  return [...bySerial].map(([serial, not_after]) => ({ serial, not_after }))
}
