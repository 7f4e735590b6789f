/**
 * By which a caller and an operator name the same request: `x-request-id` of the answer, `request_id` of the log.
 *
 * Told by the routes and not by the connection manager: that tells it of what is refused before Envoy has given
 * an id too, and there it is whatever the caller sent, under which the log has nothing, or somebody else's line.
 */

import { REQUEST_ID_HEADER } from '../lib/platform/log.ts'

/** Of Envoy's making: a route is looked for after the caller's own was replaced. */
export function requestIdInAnswers(): object {
  return {
    header: { key: REQUEST_ID_HEADER, value: `%REQ(${REQUEST_ID_HEADER})%` },
    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  }
}
