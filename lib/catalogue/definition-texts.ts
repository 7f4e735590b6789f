/** Texts that several definitions of `gateway.yaml` have in common. */

import { z } from 'zod'

const SECRET_REFERENCE = /^\$\{secret\.[A-Z][A-Z0-9_]*\}$/

/** A secret is named, never written down. */
export const secretReference = z
  .string()
  .regex(
    SECRET_REFERENCE,
    'must be written ${secret.NAME}, for the environment variable NAME or the file that NAME_FILE names: whoever reads this file must not read the secret',
  )

/** The variable that a reference names. */
export function secretNameOf(reference: string): string {
  return reference.slice('${secret.'.length, -'}'.length)
}

/** Control and bidirectional characters would let a text rewrite the page it stands on. */
export function plainText(charactersMax: number): z.ZodString {
  return z
    .string()
    .regex(/\S/, 'must not be blank')
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]*$/u, 'must be a line of plain text')
}
