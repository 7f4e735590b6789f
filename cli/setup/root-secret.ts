/** The root secret of a setup: the one there is, or a fresh one. */

import type { Environment } from '../../lib/platform/environment.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { Secret } from '../../lib/platform/secret.ts'
import { readKept } from '../instance/root-secret.ts'

/**
 * What has to be written, or undefined where the operator has given one.
 *
 * A gateway that ran before made one in its state directory: another one would end every login.
 */
export function rootSecretToWrite(
  environment: Environment,
  stateDirectory: string,
): Secret | undefined {
  const given = ['GATEWAY_SECRET', 'GATEWAY_SECRET_FILE'].some((name) => environment[name])
  if (given) return undefined
  return new Secret(readKept(stateDirectory) ?? randomText())
}
