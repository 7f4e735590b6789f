/** 101, which nobody of ours ever asks for (RFC 9110 section 15.2.2). */

import type { ClientRequest } from 'node:http'

/**
 * Where nobody listens for it Node lets the connection go and tells nobody, not even once the request is aborted:
 * whoever waits for an answer would wait for ever.
 */
export function refuseUpgrade(asked: ClientRequest, refuse: () => void): void {
  asked.once('upgrade', (_answer, socket) => {
    socket.destroy()
    refuse()
  })
}
