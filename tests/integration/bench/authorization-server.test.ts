import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'

const MAIN = join(import.meta.dirname, '../../../bench/authorization-server/main.ts')
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0
const title = 'the benchmark of the authorization server runs, for ours and for the peer'

async function runs(t: ExecutionContext): Promise<void> {
  const args = ['--seconds', '0.3', '--rounds', '1', '--only', 'refresh', '--algorithm', 'ES256']
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const { results, floors } = JSON.parse(await text(child.stdout))
  t.is(await exited, 0)
  t.is(results.length, 1)
  for (const server of ['ours', 'theirs']) {
    const { perSecond, errors, serverCpuUs } = results[0][server]
    t.is(errors, 0, server)
    t.true(perSecond > 0 && serverCpuUs > 0, server)
  }
  t.true(results[0].verdict.ratio > 0)
  t.deepEqual(
    floors.map(({ algorithm }: { algorithm: string }) => algorithm),
    ['ES256', 'RS256'],
  )
}

if (canPin) test(title, runs)
else test.skip(`${title} (skipped: needs taskset and two cores)`, runs)
