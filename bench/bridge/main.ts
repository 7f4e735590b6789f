/** `npm run bench:bridge`: the bridge beside what people use instead, in front of the same stdio servers. */

import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../cli/embedded/find-program.ts'
import { type FoundProgram, VALKEY } from '../../cli/embedded/program.ts'
import { createProgress } from '../../cli/embedded/progress.ts'
import { pinSelf } from '../edge/prepare.ts'
import { endChildrenWithUs } from '../edge/processes.ts'
import { describeMachine, versionOf } from '../edge/versions.ts'
import type { Versions } from '../output.ts'
import { toCells } from './cells.ts'
import { type ContenderOptions, startContender } from './contenders.ts'
import { judge } from './goals.ts'
import { findPeers, install, PEERS, type Peers, TIME_SERVER } from './peers.ts'
import { writeProfile } from './profile.ts'
import { type BridgeOutput, formatTables, formatVerdicts } from './report.ts'
import { measureCells, OTHERS_MAX } from './rounds.ts'
import { parseSettings, type Settings, USAGE } from './settings.ts'
import {
  type Command,
  compileTinyServer,
  everythingServer,
  startStore,
  type World,
} from './world.ts'

const LOAD_CORE = '1'
const OTHER_CORES = '0,1'
const STATE = join(import.meta.dirname, '../../.gateway')

function formatLoad(): string {
  return loadavg()
    .map((one) => one.toFixed(1))
    .join(', ')
}

function describe({ seconds, rounds }: Settings, valkey: FoundProgram, peers: Peers): string[] {
  return [
    describeMachine(),
    `load average before: ${formatLoad()}`,
    `Node ${process.version}, Valkey ${valkey.version} (appendfsync always)`,
    ...[...peers].map(([name, { version }]) => `${name}: ${version}`),
    'ours: the bridge alone, without Envoy, with the edge secret and the headers of a caller; one person a session',
    'pipe: a bare pipe of 70 lines without a check; ours and pipe on unix sockets, pipe-tcp and the peers on loopback',
    `${rounds} rounds of ${seconds} s, everything in turn, each bridge started anew; medians [smallest-largest]`,
    `load on core ${LOAD_CORE}, all else on cores ${OTHER_CORES}; all log warnings and errors only, to /dev/null`,
    'bridge us, server us: CPU in microseconds for one call or one new session; others: cores used by strangers,',
    `with more than ${OTHERS_MAX} compare CPU and ratios only. Each answer is checked: a wrong one ends the run.`,
  ]
}

function versionsOf(valkey: FoundProgram, peers: Peers): Versions {
  const everything = '@modelcontextprotocol/server-everything'
  return {
    Node: process.version.slice(1),
    Valkey: valkey.version,
    [everything]: versionOf(everything),
    [TIME_SERVER.name]: TIME_SERVER.version,
    ...Object.fromEntries([...peers].map(([name, { version }]) => [name, version])),
  }
}

async function withWorld<T>(
  { valkey, time }: { valkey: FoundProgram; time: Command | undefined },
  use: (world: World) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const tiny = compileTinyServer(folder)
    const store = await startStore(valkey.path, folder, OTHER_CORES)
    const servers = { tiny, everything: everythingServer(), time }
    try {
      return await use({ folder, cores: OTHER_CORES, storeUrl: store.url, servers })
    } finally {
      await store.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What Node has compiled at the first start serves the others, as in a gateway that has run before. */
async function compileOnce(options: ContenderOptions): Promise<void> {
  const ours = await startContender('ours', options)
  await ours.stop()
}

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2))
  const print = settings.json ? () => {} : (line: string) => console.log(line)
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  }
  if (availableParallelism() < 2) throw new Error('this benchmark needs two cores')
  endChildrenWithUs()
  pinSelf(LOAD_CORE)
  const valkey = await findProgram(VALKEY, {
    environment: process.env,
    stateDirectory: STATE,
    progress: createProgress(process, Date.now),
  })
  const options = { environment: process.env, stateDirectory: STATE, say: console.error }
  if (settings.profile !== undefined) {
    const to = settings.profile
    const lines = await withWorld({ valkey, time: undefined }, (world) =>
      writeProfile(to, world, settings),
    )
    for (const line of lines) console.log(line)
    return
  }
  const peers = await findPeers(
    PEERS.filter((name) => settings.contenders.includes(name)),
    options,
  )
  const program = settings.parts.includes('opening')
    ? await install(TIME_SERVER, options)
    : undefined
  const time: Command | undefined = program === undefined ? undefined : [program]
  const about = describe(settings, valkey, peers)
  about.forEach(print)
  const figures = await withWorld({ valkey, time }, async (world) => {
    await compileOnce({ world, peers, server: world.servers.tiny })
    return await measureCells(toCells({ ...settings, world, peers }), { ...settings, progress })
  })
  progress('')
  const verdicts = judge(figures)
  const after = `load average after: ${formatLoad()}`
  for (const line of [...formatTables(figures), '', ...formatVerdicts(verdicts), after]) print(line)
  if (settings.json) {
    const versions = versionsOf(valkey, peers)
    const output: BridgeOutput = { about: [...about, after], versions, settings, figures, verdicts }
    console.log(JSON.stringify(output, null, 2))
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exitCode = 1
}
