/** Whether a backup is of this gateway: its address is in every token and in every client. */

import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import type { OpenedBackup } from './open-backup.ts'
import { findRootSecret, givenName } from './root-secret.ts'
import { issuerOf } from './settings.ts'

/** @throws CliError */
export function requireFittingGateway(
  context: Context,
  { heading, summary }: Pick<OpenedBackup, 'heading' | 'summary'>,
): void {
  const issuer = issuerOf(context)
  if (issuer !== heading.about.issuer) {
    throw new CliError(`The backup is of ${heading.about.issuer}, and this gateway is ${issuer}.`, {
      nextStep:
        'set PUBLIC_URL, BASE_DOMAIN or GATEWAY_PORT as they were: clients know the gateway by that address',
    })
  }
  const name = givenName(context)
  if (name === undefined || findRootSecret(context)?.reveal() === summary.secret) return
  throw new CliError(
    `${name} is not the root secret of the backup, and would keep it from opening.`,
    {
      nextStep: `gateway backup unpack FILE FOLDER writes the right one; or take ${name} out`,
    },
  )
}
