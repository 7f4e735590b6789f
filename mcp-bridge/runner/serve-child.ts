/** One child of a bridge elsewhere: what it says goes over the connection, what is said to it comes from there. */

import type { Socket } from 'node:net'
import type { Log } from '../../lib/platform/log.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import { ABANDONED_WAITS, INPUT_READ_BYTES } from '../limits.ts'
import type { ChildHost, HostedChild, HostedEnding, LaunchOrder } from './host.ts'
import type { Link } from './link.ts'
import { neverBegun } from './never-begun.ts'
import type { PacketKind } from './packets.ts'
import type { SentEnding } from './remote-child.ts'

export interface ServedChild {
  /** Undefined for a bridge that has not said hello, or has left since. */
  readonly host: ChildHost | undefined
  readonly order: LaunchOrder
  readonly socket: Socket
  readonly link: Link
  readonly log: Log
}

export function serveChild(served: ServedChild): (kind: PacketKind, content: Buffer) => void {
  const { socket, link } = served
  const output = createOutput(socket, link)
  let receivedBytes = 0
  let toldBytes = 0
  const tellRead = (): void => {
    const readBytes = receivedBytes - Math.min(receivedBytes, child.unreadBytes)
    if (readBytes - toldBytes < INPUT_READ_BYTES) return
    toldBytes = readBytes
    link.send('read', String(readBytes))
  }
  const child = launch(served, output.frame, tellRead)
  output.begin(child)
  void child.ended.then((ending) => link.sendJson('ended', toSent(ending)))
  void child.gone.then(() => {
    link.send('gone')
    socket.end()
  })
  socket.once('close', () => void child.stop(ABANDONED_WAITS))
  return (kind, content) => {
    if (kind === 'line') {
      receivedBytes += content.length
      child.send(content.toString('utf8'))
      tellRead()
    } else if (kind === 'pause') child.pause()
    else if (kind === 'resume') child.resume()
    else if (kind === 'stop') void child.stop(JSON.parse(content.toString('utf8')) as StopWaits)
    else if (kind === 'measure') void measure(child, link)
  }
}

interface Output {
  readonly frame: (line: Buffer) => void
  begin(child: HostedChild): void
}

/** While the bridge does not keep up, the child waits. */
function createOutput(socket: Socket, link: Link): Output {
  let child: HostedChild | undefined
  let isFull = false
  socket.on('drain', () => {
    if (isFull) child?.resume()
    isFull = false
  })
  return {
    frame(line) {
      if (link.send('frame', line) || isFull) return
      isFull = true
      child?.pause()
    },
    begin(begun) {
      child = begun
    },
  }
}

function launch(
  { host, order, link }: ServedChild,
  frame: (line: Buffer) => void,
  drained: () => void,
): HostedChild {
  // It has begun anew since the bridge has greeted it, which greets it again.
  if (host === undefined) return neverBegun(new Error('the runner does not know this bridge'), true)
  return host.launch(order, {
    frame,
    oversized: (head, tail) => void link.sendJson('oversized', { head, tail }),
    drained,
  })
}

async function measure(child: HostedChild, link: Link): Promise<void> {
  link.sendJson('figures', (await child.figures()) ?? null)
}

function toSent({ spawnError, ...ending }: HostedEnding): SentEnding {
  return spawnError === undefined ? ending : { ...ending, spawnError: spawnError.message }
}
