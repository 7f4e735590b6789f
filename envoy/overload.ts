/** When memory or connections run out: what is given up first, so that whoever is inside may finish. */

const MONITORS = 'type.googleapis.com/envoy.extensions.resource_monitors'
const HEAP = 'envoy.resource_monitors.fixed_heap'
const CONNECTIONS = 'envoy.resource_monitors.global_downstream_max_connections'

export interface OverloadLimits {
  readonly heapBytes: number
  readonly connections: number
}

/** Each listening client holds a connection; file descriptors are the next bound anyway. */
export const OVERLOAD_LIMITS: OverloadLimits = {
  heapBytes: 1_073_741_824,
  connections: 20_000,
}

/** A stream is charged for its buffers from 2^20 bytes: those are the ones that a reset helps against. */
const ACCOUNTED_FROM_POWER = 20

export function renderOverload({ heapBytes, connections }: OverloadLimits): object {
  return {
    refresh_interval: '0.25s',
    resource_monitors: [
      {
        name: HEAP,
        typed_config: {
          '@type': `${MONITORS}.fixed_heap.v3.FixedHeapConfig`,
          max_heap_size_bytes: heapBytes,
        },
      },
      // Beyond it connections are closed at once, before they cost memory.
      {
        name: CONNECTIONS,
        typed_config: {
          '@type': `${MONITORS}.downstream_connections.v3.DownstreamConnectionsConfig`,
          max_active_downstream_connections: connections,
        },
      },
    ],
    buffer_factory_config: { minimum_account_to_track_power_of_two: ACCOUNTED_FROM_POWER },
    actions: [
      fewerIdle(),
      { name: 'envoy.overload_actions.shrink_heap', triggers: [from(0.9)] },
      { name: 'envoy.overload_actions.disable_http_keepalive', triggers: [from(0.92)] },
      {
        name: 'envoy.overload_actions.reset_high_memory_stream',
        triggers: [between(0.92, 0.98)],
      },
      // 503 with Retry-After.
      { name: 'envoy.overload_actions.stop_accepting_requests', triggers: [from(0.95)] },
    ],
    // Closed at once: to wait unheard is worse than to be refused.
    loadshed_points: [
      { name: 'envoy.load_shed_points.tcp_listener_accept', triggers: [from(0.98)] },
    ],
  }
}

/** Who asks nothing makes room for who does: from half of the connections on, the longer the less. */
function fewerIdle(): object {
  return {
    name: 'envoy.overload_actions.reduce_timeouts',
    triggers: [
      { name: CONNECTIONS, scaled: { scaling_threshold: 0.5, saturation_threshold: 0.9 } },
    ],
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig',
      timer_scale_factors: [{ timer: 'HTTP_DOWNSTREAM_CONNECTION_IDLE', min_timeout: '5s' }],
    },
  }
}

function from(value: number): object {
  return { name: HEAP, threshold: { value } }
}

/** Harder, the closer to the second value. */
function between(scaling: number, saturation: number): object {
  return {
    name: HEAP,
    scaled: { scaling_threshold: scaling, saturation_threshold: saturation },
  }
}
