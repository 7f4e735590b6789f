/** A host whose programs are the test: nothing is started, and each ends when it is told to. */

import type { ChildHost, HostedChild, HostedEnding } from '../../mcp-bridge/runner/host.ts'

export interface FakeChild {
  readonly service: string
  readonly env: Readonly<Record<string, string>>
  readonly wasStopped: boolean
  /** By itself. */
  end(): void
}

export interface FakeHost extends ChildHost {
  /** In the order of their starts. */
  readonly children: FakeChild[]
  /** From now on a stopped child ends only when the test says so. */
  holdEndings(): void
}

const ENDING: HostedEnding = { exitCode: 0, signal: null, stderr: '' }

export function fakeHost(): FakeHost {
  const children: FakeChild[] = []
  let isHolding = false
  const launch: ChildHost['launch'] = ({ service, env }) => {
    const { promise: ended, resolve } = Promise.withResolvers<HostedEnding>()
    let wasStopped = false
    const end = (): void => resolve(ENDING)
    children.push({
      service,
      env,
      get wasStopped() {
        return wasStopped
      },
      end,
    })
    const hosted: HostedChild = {
      pid: children.length,
      ended,
      gone: ended.then(() => {}),
      unreadBytes: 0,
      send: () => {},
      pause: () => {},
      resume: () => {},
      stop() {
        wasStopped = true
        if (!isHolding) end()
        return ended
      },
      figures: () => Promise.resolve({ processes: 1, memoryBytes: 1024, cpuSeconds: 1 }),
    }
    return hosted
  }
  return {
    children,
    holdEndings: () => {
      isHolding = true
    },
    ready: () => Promise.resolve(),
    dataFolder: (service) => `/data/${service}`,
    socketPaths: (name) => ({ here: `/run/${name}`, there: `/run/${name}` }),
    launch,
    endUnlessRenewed: () => {},
    stopAll: () => Promise.resolve(),
  }
}
