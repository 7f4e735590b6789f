/** Whether Envoy has taken a file: its administration tells the version it holds, and what it refused. */

import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { get } from '../lib/platform/node-http.ts'
import { FILES } from './bootstrap.ts'
import { PLAIN_ROUTES } from './plain-listener.ts'
import { ROUTES } from './routes.ts'

export type Outcome =
  | { readonly kind: 'taken'; readonly tookMs: number }
  | { readonly kind: 'refused' }
  /** Envoy tells nothing of such a file. */
  | { readonly kind: 'untold' }
  /** Envoy does not run, or took its time. */
  | { readonly kind: 'unknown' }

/** @param place puts the file there. */
export type AskEnvoy = (file: string, content: object, place: () => void) => Promise<Outcome>

interface Held {
  readonly version: string | undefined
  /** How many files were refused so far. */
  readonly refused: number
}

const TAKEN_MS_MAX = 1000
const LOOK_MS = 10
const ANSWER_MS_MAX = 500

/** What Envoy calls the statistics of a file. */
const SUBSCRIPTIONS: Readonly<Record<string, string>> = {
  [FILES.clusters]: 'cluster_manager.cds',
  [FILES.routes]: `http.public.rds.${ROUTES}`,
  [FILES.plainRoutes]: `http.plain.rds.${PLAIN_ROUTES}`,
}

/** @param adminSocket where Envoy is administered. */
export function askEnvoyAt(adminSocket: string): AskEnvoy {
  return async (file, content, place) => {
    const subscription = SUBSCRIPTIONS[file]
    const before = subscription && (await ask(adminSocket, subscription))
    place()
    if (subscription === undefined) return { kind: 'untold' }
    if (!before) return { kind: 'unknown' }
    const { version_info: wanted } = content as { version_info?: string }
    return await untilTold(() => ask(adminSocket, subscription), before, wanted)
  }
}

async function untilTold(
  look: () => Promise<Held | undefined>,
  before: Held,
  wanted: string | undefined,
): Promise<Outcome> {
  const startedAt = performance.now()
  const passed = (): number => Math.round(performance.now() - startedAt)
  while (passed() < TAKEN_MS_MAX) {
    const now = await look()
    if (now?.version === wanted) return { kind: 'taken', tookMs: passed() }
    if (now !== undefined && now.refused > before.refused) return { kind: 'refused' }
    await sleep(LOOK_MS)
  }
  return { kind: 'unknown' }
}

/** Undefined while Envoy does not answer. */
async function ask(adminSocket: string, subscription: string): Promise<Held | undefined> {
  const filter = encodeURIComponent(`^${subscription.replaceAll('.', '\\.')}\\.`)
  try {
    return parse(await read(adminSocket, `/stats?filter=${filter}`), subscription)
  } catch {
    return undefined
  }
}

async function read(socketPath: string, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const options = { socketPath, path, headers: { host: 'localhost' }, agent: false, signal }
  get(options, (response) => text(response).then(resolve, reject)).on('error', reject)
  return await promise
}

/** Lines of `name: value`. */
function parse(statistics: string, subscription: string): Held {
  const values = new Map(
    statistics.split('\n').map((line) => {
      const [name = '', value = ''] = line.split(': ')
      return [name, value]
    }),
  )
  const count = (name: string): number => Number(values.get(`${subscription}.${name}`) ?? 0)
  return {
    version: values.get(`${subscription}.version_text`)?.replaceAll('"', ''),
    refused: count('update_rejected') + count('update_failure'),
  }
}
