/** The official MCP conformance suite, a program of its own. */

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PROGRAM = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
)

/** Scenario and check → how each was judged, in order. */
export type Verdict = ReadonlyMap<string, readonly string[]>

/** Resolves with everything it has printed, as `watch` sees it grow. */
export async function runConformanceSuite(
  args: readonly string[],
  watch: (output: string) => void = () => {},
): Promise<string> {
  const suite = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
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
export async function judgeServer(options: {
  readonly url: string
  readonly revision: string
  readonly results: string
}): Promise<Verdict> {
  const { url, revision, results } = options
  const args = ['server', '--url', url, '--requirements', revision, '-o', results]
  const output = await runConformanceSuite(args)
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
