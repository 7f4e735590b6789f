/** The root secret of a setup: the one there is, or a fresh one. */

import type { Environment } from '../../lib/platform/environment.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { Secret } from '../../lib/platform/secret.ts'

/**
 * What has to be written, or undefined where the operator has given one.
 *
 * @param kept what a gateway that ran before made in its state directory: another one would end every login.
 */
export function rootSecretToWrite(
  environment: Environment,
  kept: string | undefined,
): Secret | undefined {
  const given = ['GATEWAY_SECRET', 'GATEWAY_SECRET_FILE'].some((name) => environment[name])
  if (given) return undefined
  return new Secret(kept ?? randomText())
}
