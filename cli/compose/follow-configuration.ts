/** While the rooms of `compose.yaml` run: the operator's `gateway.yaml` is watched, and what is good is handed on. */

import { COPIES_VARIABLE, copiesOf } from '../../lib/catalogue/copies.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import type { Stop } from '../../lib/platform/lifecycle.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Context } from '../context.ts'
import { followConfiguration } from '../start/publish-configuration.ts'
import { GROUP_READABLE, STATE } from './places.ts'

export function followInContainer(context: Context, log: Log): Stop {
  const { environment, workingDirectory } = context
  const copies = copiesOf(STATE)
  const asStarted = { ...environment, [COPIES_VARIABLE]: copies.folder }
  const published = followConfiguration(
    {
      // Without the copies: here alone the operator's own file is read.
      environment: { ...environment, [COPIES_VARIABLE]: undefined },
      workingDirectory,
      clock: context.clock,
      started: readGateway(asStarted, workingDirectory),
      onRecord: ({ level, msg, fields }) => log[level](fields, msg),
    },
    copies,
    GROUP_READABLE,
  )
  published.watch()
  return published.stop
}
