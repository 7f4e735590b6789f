/** Which host starts the processes of a service: the bridge's own, or the runner program that the service names. */

import type { Service } from '../../lib/catalogue/service.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import type { ChildHost } from './host.ts'
import { RemoteHost, type RemoteHostPorts } from './remote-host.ts'

export class Hosts {
  readonly #local: ChildHost
  readonly #ports: RemoteHostPorts
  readonly #remote = new Map<string, ChildHost>()
  #withinMs = Number.POSITIVE_INFINITY

  constructor(local: ChildHost, ports: RemoteHostPorts) {
    this.#local = local
    this.#ports = ports
  }

  of({ runner }: Pick<Service, 'runner'>): ChildHost {
    if (runner === undefined) return this.#local
    let host = this.#remote.get(runner)
    if (host === undefined) {
      host = new RemoteHost(runner, this.#ports)
      host.endUnlessRenewed(this.#withinMs)
      this.#remote.set(runner, host)
    }
    return host
  }

  endUnlessRenewed(withinMs: number): void {
    this.#withinMs = withinMs
    for (const host of this.#all()) host.endUnlessRenewed(withinMs)
  }

  async stopAll(waits: StopWaits): Promise<void> {
    await Promise.all([...this.#all()].map((host) => host.stopAll(waits)))
  }

  *#all(): Iterable<ChildHost> {
    yield this.#local
    yield* this.#remote.values()
  }
}
