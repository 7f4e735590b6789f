/** A host of children in this very process. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessGroups, StopWaits } from '../../lib/platform/process-group.ts'
import { randomText } from '../../lib/platform/seal.ts'
import type { Account, Accounts } from './accounts.ts'
import type { ChildHost, HostedChild, HostedEvents, LaunchOrder } from './host.ts'
import { type ChildPorts, LocalChild } from './local-child.ts'
import { neverBegun } from './never-begun.ts'
import { dataFolderOf, environmentOf, makeFolders, type Surroundings } from './surroundings.ts'
import { CHILD_MARKER } from './sweep.ts'

export interface LocalHostOptions extends ChildPorts {
  readonly groups: ProcessGroups
  readonly surroundings: Surroundings
  /** Where each person's processes have an account of their own. */
  readonly accounts?: Accounts | undefined
}

export function createLocalHost(options: LocalHostOptions): ChildHost {
  const { groups, surroundings, accounts } = options
  const children = new Set<LocalChild>()
  const launch = (given: LaunchOrder, events: HostedEvents): HostedChild => {
    const marker = randomText(12)
    let account: Account | undefined
    try {
      account = accounts?.take(given)
      const order = account?.order ?? given
      makeFolders(order)
      const env = { ...environmentOf(order, surroundings), [CHILD_MARKER]: marker }
      const lent = order.isLent ? { name: CHILD_MARKER, value: marker } : undefined
      const place = { cwd: order.cwd, env, uid: account?.uid, lent }
      const { command, args, service, frameBytesMax, stopCommand, secrets = [] } = order
      const grouped = groups.launch({ command, args, ...place, stdio: 'pipe' })
      const child = new LocalChild(
        { grouped, marker, uid: account?.uid, service, frameBytesMax, events, secrets },
        {
          ...options,
          release: account?.release,
          launchLast: () => {
            const [program, ...rest] = stopCommand ?? []
            if (program === undefined) return undefined
            // Its texts are templates, the first one as well.
            const last = { command: program, args: rest, calledInErrors: 'the stop command' }
            return groups.launch({ ...last, ...place, stdio: 'ignore' })
          },
        },
      )
      children.add(child)
      void child.gone.then(() => children.delete(child))
      return child
    } catch (cause) {
      void account?.release()
      return neverBegun(cause)
    }
  }
  return {
    ready: () => Promise.resolve(),
    dataFolder: (service) => dataFolderOf(surroundings, service),
    socketPaths(name) {
      const { socketFolder } = surroundings
      mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
      const path = join(socketFolder, `${name}.sock`)
      return { here: path, there: path }
    },
    launch,
    endUnlessRenewed: (withinMs) => groups.endUnlessRenewed(withinMs),
    async stopAll(waits: StopWaits) {
      await Promise.all([...children].map((child) => child.stop(waits)))
      // Stop commands run, and the watchdog watches, until then.
      await Promise.all([...children].map((child) => child.gone))
      await groups.stopAll(waits)
    },
  }
}
