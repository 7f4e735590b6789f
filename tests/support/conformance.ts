/**
 * The official MCP conformance suite as a program. Its package is fetched at a fixed version into a folder of
 * its own: it is no dependency of ours.
 */

import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = '@modelcontextprotocol/conformance'
const VERSION = '0.2.0-alpha.12'

/** Scenario and check → how each was judged, in order. */
export type Verdict = ReadonlyMap<string, readonly string[]>

export function installConformanceSuite(folder: string): void {
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder]
  const { status, stderr } = spawnSync('npm', [...args, `${PACKAGE}@${VERSION}`], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${PACKAGE} could not be installed:\n${stderr}`)
}

/** Resolves with everything it has printed, as `watch` sees it grow. */
export async function runConformanceSuite(
  folder: string,
  args: readonly string[],
  watch: (output: string) => void = () => {},
): Promise<string> {
  const program = join(folder, 'node_modules', PACKAGE, 'dist/index.js')
  const suite = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      watch(output)
    })
  }
  await new Promise((resolve) => suite.once('close', resolve))
  return output
}

/** What a revision requires of a server, judged at `url`; `results` is a folder that does not exist yet. */
export async function judgeServer(
  folder: string,
  { url, revision, results }: { url: string; revision: string; results: string },
): Promise<Verdict> {
  const args = ['server', '--url', url, '--requirements', revision, '-o', results]
  const output = await runConformanceSuite(folder, args)
  if (!/^Total: [1-9]\d* passed/m.test(output)) throw new Error(output)
  return readVerdict(results)
}

/** A folder for each scenario, named by it and by the time. */
function readVerdict(results: string): Verdict {
  const verdict = new Map<string, string[]>()
  for (const folder of readdirSync(results)) {
    const scenario = folder.replace(/^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$/g, '')
    const file = join(results, folder, 'checks.json')
    const checks = JSON.parse(readFileSync(file, 'utf8')) as { id: string; status: string }[]
    // The others tell what was sent and received.
    for (const { id, status } of checks.filter((check) => check.status !== 'INFO')) {
      const name = `${scenario} ${id}`
      verdict.set(name, [...(verdict.get(name) ?? []), status])
    }
  }
  return verdict
}
