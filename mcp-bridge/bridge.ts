/** What the steps of a request work with: the parts of the room, put together by main.ts. */

import type { Tracing } from '../lib/platform/tracing/tracing.ts'
import type { Admissions } from './admissions.ts'
import type { Bodies } from './bodies.ts'
import type { Effort } from './effort.ts'
import type { Peers } from './elsewhere.ts'
import type { Eras } from './eras.ts'
import type { LiveSession } from './live-session.ts'
import type { NativeServers } from './native/native-servers.ts'
import type { NativeSession } from './native/native-session.ts'
import type { Runner } from './runner/runner.ts'
import type { StreamPorts } from './session-streams.ts'
import type { Sessions } from './sessions.ts'
import type { SseSession } from './sse/sse-session.ts'
import type { MirroredArguments } from './stateless/mirrored-arguments.ts'
import type { Readers } from './stateless/readers.ts'
import type { EventRecords } from './store/events.ts'
import type { Tools } from './tools/tools.ts'
import type { StandingClient } from './translate/stateless/standing-client.ts'
import type { StandingClients } from './translate/stateless/standing-clients.ts'

export interface Bridge {
  readonly admissions: Admissions
  readonly bodies: Bodies
  readonly effort: Effort
  readonly sessions: Sessions<LiveSession | NativeSession | SseSession | StandingClient>
  readonly runner: Runner
  readonly eras: Eras
  readonly mirrored: MirroredArguments
  readonly natives: NativeServers
  readonly standing: StandingClients
  readonly readers: Readers
  readonly streams: StreamPorts
  readonly events: EventRecords
  readonly peers: Peers
  readonly tools: Tools
  /** Undefined where traces are off. */
  readonly tracing?: Tracing | undefined
  /** Of a service's MCP endpoint, as its clients know it. */
  readonly pathOf: (service: string) => string
}
