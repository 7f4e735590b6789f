/** `npm run bench:authorization-server`: this authorization server beside oidc-provider, one core each. */

import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { endChildrenWithUs } from '../edge/processes.ts'
import type { Algorithm } from '../options.ts'
import { OPERATIONS } from './operations.ts'
import { startOurs } from './ours.ts'
import { peerVersion, startPeer } from './peer.ts'
import { LOAD_CORE, pinSelf, SERVER_CORE } from './processes.ts'
import {
  type AuthorizationServerOutput,
  formatFloor,
  formatRow,
  judge,
  type Row,
} from './report.ts'
import { measure, OTHERS_MAX, type Pair } from './rounds.ts'
import { parseSettings, type Settings, USAGE } from './settings.ts'
import { measureFloors } from './signing-floor.ts'
import { findValkey, type Program, startStore } from './valkey.ts'

/** Both servers on one store, with keys of this algorithm. */
async function measureAll(
  algorithm: Algorithm,
  settings: Settings,
  { valkey, report }: { valkey: Program; report: (row: Row) => void },
): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const store = await startStore(valkey, folder, settings.appendfsync)
  const options = { algorithm, valkeySocket: store.socket, folder }
  const servers = { ours: await startOurs(options), theirs: await startPeer(options) }
  const seen = new Map<string, Pair>()
  const rows: Row[] = []
  try {
    for (const operation of chosen(algorithm, settings)) {
      const pair = await measure(operation, servers, { ...settings, valkeyPid: store.pid })
      seen.set(operation.name, pair)
      const beside = operation.theirs === undefined ? pair : seen.get(operation.theirs)
      const row = { algorithm, operation, ours: pair.ours, theirs: beside?.theirs }
      report(row)
      rows.push(row)
    }
  } finally {
    await servers.ours.stop()
    await servers.theirs.stop()
    await store.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

/** What does not sign costs the same whatever the algorithm: it is measured once. */
function chosen(algorithm: Algorithm, { algorithms, operations }: Settings) {
  const isFirst = algorithm === algorithms[0]
  return OPERATIONS.filter(({ name, signs }) => operations.includes(name) && (isFirst || signs))
}

function describe(settings: Settings, valkey: Program): readonly string[] {
  const { seconds, rounds, connections, appendfsync } = settings
  return [
    `ours beside oidc-provider ${peerVersion()}; Node ${process.version}, ${cpus()[0]?.model}`,
    `server alone on core ${SERVER_CORE}; load and Valkey ${valkey.version} on core ${LOAD_CORE}; unix sockets`,
    `${rounds} rounds of ${seconds} s in turn, ${connections} keep-alive connections, closed loop; medians`,
    `one store for both: appendonly yes, appendfsync ${appendfsync}`,
    'JWT access tokens (RFC 9068), rotation and PKCE on both; codes and refresh tokens are written into the',
    'store beforehand; ours asks its rate limits (factor 1,000,000) and logs every request at info to /dev/null',
    `others: CPU of the server's core that somebody else used, worst round; above ${OTHERS_MAX * 100} % look at CPU us/req`,
  ]
}

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2))
  const print = settings.json ? () => {} : (line: string) => console.log(line)
  endChildrenWithUs()
  pinSelf(LOAD_CORE)
  const valkey = await findValkey(process.env)
  const about = describe(settings, valkey)
  about.forEach(print)
  const floors = await measureFloors(Math.min(1, settings.seconds))
  print('signing floor of the core, signatures per second')
  floors.map(formatFloor).forEach(print)
  const report = (row: Row): void => formatRow(row).forEach(print)
  const rows: Row[] = []
  for (const algorithm of settings.algorithms) {
    rows.push(...(await measureAll(algorithm, settings, { valkey, report })))
  }
  if (settings.json) {
    const versions = {
      Node: process.version.slice(1),
      Valkey: valkey.version,
      'oidc-provider': peerVersion(),
    }
    const results = rows.map((row) => ({
      operation: row.operation.name,
      note: row.operation.note,
      algorithm: row.algorithm,
      ours: row.ours,
      theirs: row.theirs,
      verdict: judge(row),
    }))
    const output: AuthorizationServerOutput = { about, versions, settings, floors, results }
    console.log(JSON.stringify(output, null, 2))
  }
  const isBad = rows.some(({ ours, theirs }) => (ours?.errors ?? 0) + (theirs?.errors ?? 0) > 0)
  process.exitCode = isBad ? 1 : 0
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exitCode = 1
}
