/** The root secret that belongs to a store: without it, nothing that is sealed in a backup opens. */

import type { Redis } from 'ioredis'
import { open } from '../../lib/platform/seal.ts'
import { deriveKey, deriveSecret, type Secret } from '../../lib/platform/secret.ts'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { readKept, readRootSecret } from '../instance/root-secret.ts'

/** Of `oauth-server/store/signing-keys.ts`: kid → JSON, the private half sealed with the kid as context. */
export const SIGNING_KEYS_KEY = 'signing-keys'

/** The operator's, or the one that a gateway has made here. Undefined where there is none yet: nothing is made. */
export function findRootSecret(context: Context): Secret | undefined {
  const stateDirectory = stateDirectoryOf(context)
  const kept = readKept(stateDirectory)
  const isGiven = givenName(context) !== undefined
  return isGiven || kept !== undefined
    ? readRootSecret(context.environment, stateDirectory)
    : undefined
}

/** Which variable gives it, if one does: then the file in the state directory does not count. */
export function givenName({ environment }: Pick<Context, 'environment'>): string | undefined {
  return ['GATEWAY_SECRET', 'GATEWAY_SECRET_FILE'].find((name) => (environment[name] ?? '') !== '')
}

/** Whether keys were sealed under it; where there are none, any will do. */
export function opensSigningKeys(
  rootSecret: Secret,
  records: readonly (readonly [kid: string, record: string])[],
): boolean {
  const own = deriveSecret(rootSecret, 'oauth-server')
  const key = deriveKey(own, 'oauth-server/signing-keys')
  return records.every(([kid, record]) => {
    const { sealedPrivateJwk = '' } = JSON.parse(record) as { sealedPrivateJwk?: string }
    return open(key, sealedPrivateJwk, kid) !== undefined
  })
}

/** @throws CliError when the store is that of another secret: such a backup would restore nothing. */
export async function requireFitting(redis: Redis, rootSecret: Secret): Promise<void> {
  const records = Object.entries(await redis.hgetall(SIGNING_KEYS_KEY))
  if (opensSigningKeys(rootSecret, records)) return
  throw new CliError('The root secret here is not the one that this store is sealed with.', {
    nextStep: 'set GATEWAY_SECRET to the one that the gateway was started with',
  })
}
