/** Clients of one person that write through whatever bridge answers, and note what was acknowledged. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { toUserId } from '../../mcp-bridge/runner/user-id.ts'
import { type Bridge, type Caller, fixture } from './bridge.ts'
import { json, open, rpc, send } from './mcp.ts'

/** A service that keeps what it is given, in a file of each person. */
export interface Keeping {
  readonly service: string
  readonly file: string
  toCall(n: number): object
  parse(text: string): readonly number[]
}

export const WRITERS_SERVICE = 'kept'

export const NUMBERS: Keeping = {
  service: WRITERS_SERVICE,
  file: 'numbers',
  toCall: (n) => rpc('add', { n }),
  parse: (text) => JSON.parse(text) as number[],
}

/** The shipped one. */
export const MEMORY: Keeping = {
  service: 'memory',
  file: 'memory.jsonl',
  toCall: (n) => {
    const entities = [{ name: String(n), entityType: 'number', observations: [] }]
    return rpc('tools/call', { name: 'create_entities', arguments: { entities } })
  },
  parse: (text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Number((JSON.parse(line) as { name: string }).name)),
}

/** One process for each person: it says so when it was not alone. */
export const writersService = {
  [WRITERS_SERVICE]: fixture('writes-alone.ts', {
    isolation: 'user',
    calls: 'serial',
    idle: 1,
    folders: ['${data}/${user.id}'],
    args: [join(import.meta.dirname, '../fixtures/writes-alone.ts'), '${data}/${user.id}/numbers'],
  }),
}

const PAUSE_MS = 20
/** A bridge that is frozen answers nothing: somebody in front of it would ask elsewhere. */
const ANSWER_MS_MAX = 8000

export interface Writers {
  readonly acknowledged: number[]
  /** Resolves when at least so many more were acknowledged. */
  more(count: number): Promise<void>
  stop(): Promise<void>
}

let next = 0

class Writer {
  readonly #caller: Caller
  readonly #keeping: Keeping
  readonly #acknowledged: number[]
  #session: string | undefined

  constructor(caller: Caller, keeping: Keeping, acknowledged: number[]) {
    this.#caller = caller
    this.#keeping = keeping
    this.#acknowledged = acknowledged
  }

  /** Throws when nobody is there, or somebody left in the middle: what was not acknowledged may be lost. */
  async write(bridge: Bridge): Promise<void> {
    next += 1
    const n = next
    const { service, toCall } = this.#keeping
    const options = { caller: this.#caller, signal: AbortSignal.timeout(ANSWER_MS_MAX) }
    this.#session ??= (await open(bridge, service, options)).id
    const session = this.#session
    const response = await send(bridge, service, toCall(n), { session, ...options })
    if (response.status === 404) this.#session = undefined
    const { result } = await json(response)
    if (result !== undefined && result['isError'] !== true) this.#acknowledged.push(n)
  }
}

/** One writer for each bridge that is its first choice. */
export function startWriters(
  caller: Caller,
  bridges: () => readonly Bridge[],
  keeping = NUMBERS,
): Writers {
  const acknowledged: number[] = []
  let isOver = false
  const write = async (first: number): Promise<void> => {
    const writer = new Writer(caller, keeping, acknowledged)
    let choice = first
    while (!isOver) {
      const all = bridges()
      const bridge = all[choice % all.length]
      if (bridge === undefined) break
      await writer.write(bridge).catch(() => {
        choice += 1
      })
      await sleep(PAUSE_MS)
    }
  }
  const writing = bridges().map((_, index) => write(index))
  return {
    acknowledged,
    async more(count) {
      const enough = acknowledged.length + count
      for (let waited = 0; waited < 30_000; waited += PAUSE_MS) {
        if (acknowledged.length >= enough) return
        await sleep(PAUSE_MS)
      }
      throw new Error(`only ${acknowledged.length} of ${enough} were acknowledged`)
    },
    async stop() {
      isOver = true
      await Promise.all(writing)
    },
  }
}

export interface Written {
  readonly kept: ReadonlySet<number>
  /** Acknowledged, and not there. */
  readonly lost: readonly number[]
  /** Who was started while another one lived. */
  readonly together: string
}

export function written(
  bridge: Bridge,
  { user = '' }: Caller,
  { acknowledged }: Writers,
  keeping = NUMBERS,
): Written {
  const folder = join(bridge.stateDirectory, 'services', keeping.service, toUserId(user))
  const file = join(folder, keeping.file)
  const kept = new Set(keeping.parse(readFileSync(file, 'utf8')))
  const together = existsSync(`${file}.two`) ? readFileSync(`${file}.two`, 'utf8') : ''
  return { kept, lost: acknowledged.filter((n) => !kept.has(n)), together }
}
