/** A remote server as the parts of `mcp-bridge/remote` see it, without a bridge. */

import { createLog } from '../../lib/platform/log.ts'
import type { RpcMessage } from '../../mcp-bridge/json-rpc.ts'
import { Circuit } from '../../mcp-bridge/remote/circuit.ts'
import { Connections } from '../../mcp-bridge/remote/connections.ts'
import { Inbox } from '../../mcp-bridge/remote/inbox.ts'
import { RemoteServer } from '../../mcp-bridge/remote/remote-server.ts'
import { RemoteUpstream } from '../../mcp-bridge/remote/remote-upstream.ts'
import { Room } from '../../mcp-bridge/remote/room.ts'
import type { Transport, TransportPorts } from '../../mcp-bridge/remote/transport.ts'
import type { HostedEnding } from '../../mcp-bridge/runner/host.ts'
import type { OversizedCall } from '../../mcp-bridge/runner/oversized.ts'
import { Ticker } from '../../mcp-bridge/ticker.ts'

const log = createLog('test', 'error')

export interface RemotePortsOfTest {
  readonly server: RemoteServer
  readonly inbox: Inbox
  readonly log: typeof log
  readonly close: () => void
}

export function remotePorts(address: string, bytesMax = 1024 * 1024): RemotePortsOfTest {
  const url = new URL(address)
  const connections = new Connections(url, { privateAddresses: false })
  const place = {
    url,
    connections,
    circuit: new Circuit('far', Date.now, log),
    tokens: undefined,
    room: new Room('far'),
  }
  const plan = { service: 'far', person: 'ann', headers: {}, credentials: 'none' } as const
  return {
    server: new RemoteServer(place, plan, 'http://localhost:8642/account'),
    inbox: new Inbox(bytesMax, Date.now),
    log,
    close: () => connections.close(),
  }
}

export interface UpstreamOfTest {
  readonly upstream: RemoteUpstream
  readonly heard: { readonly message: RpcMessage; readonly about: number | undefined }[]
  readonly oversized: OversizedCall[]
  readonly endings: HostedEnding[]
}

export function openUpstream(
  ports: RemotePortsOfTest,
  open: (ports: TransportPorts) => Transport,
  beats = new Ticker(15_000),
): UpstreamOfTest {
  const heard: UpstreamOfTest['heard'] = []
  const oversized: OversizedCall[] = []
  const endings: HostedEnding[] = []
  const upstream = new RemoteUpstream({
    server: ports.server,
    limits: {
      idleMs: 0,
      processesPerUser: 1,
      callTimeoutMs: 60_000,
      callCeilingMs: 60_000,
      messageBytes: ports.inbox.bytesMax,
    },
    open,
    events: {
      message: (message, about) => heard.push({ message, about }),
      oversized: (id) => oversized.push(id),
      ended: (ending) => endings.push(ending),
    },
    beats,
    clock: Date.now,
    log,
  })
  return { upstream, heard, oversized, endings }
}
