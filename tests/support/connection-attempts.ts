/** Where this process tries to connect to, whoever asks for it. */

import { Socket } from 'node:net'

/** `address port` of each attempt from now on, oldest first. */
export function watchConnections(): readonly string[] {
  const attempts: string[] = []
  const connect = Socket.prototype.connect
  Socket.prototype.connect = function watched(this: Socket, ...input: never[]) {
    this.on('connectionAttempt', (ip: string, port: number) => attempts.push(`${ip} ${port}`))
    return Reflect.apply(connect, this, input) as Socket
  } as typeof connect
  return attempts
}
