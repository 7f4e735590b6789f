/** How long somebody holds the edge who sends a form byte by byte, or not at all. */

import { connect } from 'node:net'
import { startEdge } from '../support/edge.ts'

/** Of routes that anybody reaches, in `envoy/routes.ts`, and what a slow machine adds. */
const IDLE_S = [35, 55] as const
const WHOLE_S = [55, 80] as const

export async function endSlowBodies(): Promise<void> {
  const edge = await startEdge()
  try {
    const [silent, dripping] = await Promise.all([
      holdFor(edge.port, undefined),
      holdFor(edge.port, 5000),
    ])
    expectWithin('a body that does not come', silent, IDLE_S)
    expectWithin('a body that comes byte by byte', dripping, WHOLE_S)
    if (edge.reached.some(({ url }) => url === '/token')) throw new Error('it went on')
  } finally {
    await edge.stop()
  }
}

/** Seconds until 408. */
async function holdFor(port: number, everyMs: number | undefined): Promise<number> {
  const startedAt = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const head = `POST /token HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 1000\r\n\r\n`
  const socket = connect(port, '127.0.0.1', () => socket.write(head))
  const timer = everyMs === undefined ? undefined : setInterval(() => socket.write('x'), everyMs)
  const late = setTimeout(() => reject(new Error('it is held for two minutes')), 120_000)
  socket.on('data', (chunk) => {
    if (String(chunk).startsWith('HTTP/1.1 408 ')) resolve((performance.now() - startedAt) / 1000)
    else reject(new Error(`unexpected: ${chunk}`))
  })
  socket.on('error', reject)
  try {
    return await promise
  } finally {
    clearInterval(timer)
    clearTimeout(late)
    socket.destroy()
  }
}

function expectWithin(what: string, seconds: number, [least, most]: readonly [number, number]) {
  if (seconds >= least && seconds <= most) return
  throw new Error(`${what} is held for ${seconds} s, not for ${least} to ${most}`)
}
