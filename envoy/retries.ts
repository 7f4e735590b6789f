/**
 * What Envoy may ask twice, at once and at another process.
 *
 * A decision changes nothing, so it may be asked again whatever became of the first question. What the
 * authorization server has seen the first byte of may have used up a code, and a tool may have been called:
 * it is never sent again.
 */

/** Prefers a process that was not asked yet; where there is but one, it is asked again. */
const ELSEWHERE = {
  num_retries: 1,
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: {
        '@type':
          'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
      },
    },
  ],
  // Drawn by lot with a leaning to the idle one, which is the dead one: five draws miss the other too often.
  host_selection_retry_max_attempts: '100',
} as const

/**
 * Of the cluster that decides, which goes before what the gRPC service says. There it would do the same and cost
 * more: of a gRPC service Envoy reads all of it anew for each question.
 */
export const CHECK_RETRY = {
  ...ELSEWHERE,
  retry_on: 'connect-failure,refused-stream,reset,unavailable',
  retry_back_off: { base_interval: '0.001s', max_interval: '0.01s' },
} as const

/**
 * Of the gRPC service: its longest pause is to Envoy the bound of a single try as well, and of a cluster Envoy knows
 * no such bound. A process that hangs leaves the other one time to decide.
 */
export const CHECK_TRY = {
  retry_back_off: { base_interval: '0.001s', max_interval: '0.4s' },
} as const

/** Of the routes to the rooms: forms that use something up, and calls of tools, included. */
export const UNSEEN_RETRY = {
  ...ELSEWHERE,
  retry_on: 'connect-failure,refused-stream,reset-before-request',
  retry_back_off: { base_interval: '0.001s', max_interval: '0.01s' },
} as const
