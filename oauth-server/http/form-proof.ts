/** Binds a form to the cookie of the browser it was shown in: only a page of ours can hold the value. */

import { digest } from '../../lib/platform/seal.ts'

/** Known to whoever holds the cookie, and no help to find it. `purpose`: the form, so that none serves for another. */
export function formProof(purpose: string, cookie: string): string {
  return digest(`${purpose} ${cookie}`)
}
