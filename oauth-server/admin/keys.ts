/** `keys/…`: what signs, and the next key before its time. */

import { z } from 'zod'
import type { KeyEntry } from '../../lib/oauth/administration.ts'
import { PUBLISHED_MS, PUBLISHED_MS_MIN } from '../keys/rotation.ts'
import type { KeyState } from '../keys/succession.ts'
import { change, look } from './operation.ts'

export const listKeys = look(z.strictObject({}), async ({ keyring }) => ({
  entries: (await keyring.list()).map(toEntry),
}))

/** `soon`: as soon as the edge knows the key; whoever keeps a copy of `/jwks` may not. */
export const rotateKeys = change(
  z.strictObject({ soon: z.boolean() }),
  async ({ keyring }, { soon }) => {
    const next = await keyring.succeed(soon ? PUBLISHED_MS_MIN : PUBLISHED_MS)
    return { body: toEntry(next), targets: [{ target: next.kid, outcome: 'ok' }] }
  },
)

function toEntry({ kid, algorithm, state, signsFrom, neededUntil }: KeyState): KeyEntry {
  return {
    kid,
    algorithm,
    state,
    signs_from: new Date(signsFrom).toISOString(),
    needed_until: new Date(neededUntil).toISOString(),
  }
}
