/** The signing floor: bare signatures on the server's core, the least that any token costs. */

import { execFile } from 'node:child_process'
import { createPrivateKey, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { pinSelf, SERVER_CORE } from './processes.ts'

const ALGORITHMS = ['ES256', 'RS256'] as const

/** Signatures per second. */
export interface Floor {
  readonly algorithm: (typeof ALGORITHMS)[number]
  /** `node:crypto`, on the calling thread; ES256 in DER. */
  readonly crypto: number
  /** JWTs by jose, whose signatures are made on other threads of the same core. */
  readonly jose: number
}

/** In a process of its own, because the core is not the one of the load. */
export async function measureFloors(seconds: number): Promise<readonly Floor[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    import.meta.filename,
    String(seconds),
  ])
  return JSON.parse(stdout) as Floor[]
}

const CLAIMS = { sub: 'dev:alice', scope: 'mcp', filler: 'x'.repeat(350) }
const TEXT = Buffer.from(JSON.stringify(CLAIMS))

async function measureFloor(algorithm: Floor['algorithm'], seconds: number): Promise<Floor> {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(pair.privateKey)
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  const bySelf = async (): Promise<Buffer> => sign('sha256', TEXT, key)
  const byJose = (): Promise<string> =>
    new SignJWT(CLAIMS).setProtectedHeader({ alg: algorithm }).sign(pair.privateKey)
  return {
    algorithm,
    crypto: await countPerSecond(seconds, bySelf),
    jose: await countPerSecond(seconds, byJose),
  }
}

/** As many at once as the load has connections. */
const AT_ONCE = 16
const WARM_UP = 20

async function countPerSecond(seconds: number, once: () => Promise<unknown>): Promise<number> {
  const batch = (): Promise<unknown> => Promise.all(Array.from({ length: AT_ONCE }, once))
  for (let time = 0; time < WARM_UP; time += 1) await batch()
  const began = performance.now()
  let [count, passed] = [0, 0]
  while (passed < seconds) {
    await batch()
    count += AT_ONCE
    passed = (performance.now() - began) / 1000
  }
  return count / passed
}

if (import.meta.main) {
  pinSelf(SERVER_CORE)
  const seconds = Number(process.argv[2])
  const floors: Floor[] = []
  for (const algorithm of ALGORITHMS) floors.push(await measureFloor(algorithm, seconds))
  process.stdout.write(JSON.stringify(floors))
}
