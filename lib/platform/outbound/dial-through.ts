/** Connections made by a forward proxy on a unix socket, for programs that have no network of their own. */

import type { Socket } from 'node:net'
import { request } from '../node-http.ts'
import { describeDestination } from './destination.ts'
import type { Dial } from './egress.ts'
import { OutboundError } from './outbound-error.ts'
import { faultOf } from './proxy/refusal.ts'

/** @param socketPath where the proxy listens: it judges. */
export function createDialThrough(socketPath: string): Dial {
  return (destination, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const path = describeDestination(destination)
    const asked = request({ socketPath, method: 'CONNECT', path, agent: false, signal })
    asked.once('connect', ({ statusCode, headers }, socket, head) => {
      if (statusCode === 200) {
        if (head.length > 0) socket.unshift(head)
        resolve(socket as Socket)
        return
      }
      socket.destroy()
      reject(new OutboundError(faultOf(String(headers['proxy-status']))))
    })
    asked.once('error', (cause) => reject(new OutboundError('connection', cause)))
    asked.end()
    return promise
  }
}
