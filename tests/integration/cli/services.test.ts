import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { EXIT_CODE } from '../../../cli/cli-error.ts'
import { makePlace } from '../../support/gateway-process.ts'

test('one that is off is tested as it would be started, and the gateway need not run', async (t) => {
  const place = await makePlace(t)
  const file = 'mcpServers: { memory: { enabled: false }, broken: { command: /no/such/program } }\n'
  writeFileSync(join(place.folder, 'gateway.yaml'), file)
  const works = await place.gateway(['services', 'test', 'memory', '--json']).ended
  t.is(works.exitCode, EXIT_CODE.ok, works.stderr)
  const { name, tools } = JSON.parse(works.stdout) as { name: string; tools: { name: string }[] }
  t.is(name, 'memory')
  t.true(tools.some((tool) => tool.name === 'read_graph'))

  const broken = await place.gateway(['services', 'test', 'broken']).ended
  t.is(broken.exitCode, EXIT_CODE.failed)
  t.regex(broken.stderr, /^broken cannot be started: .*\nbroken did not work/)
  t.false(broken.stderr.includes('--no-try'))
})

test('what is no service, and what needs a name, is told', async (t) => {
  const place = await makePlace(t)
  for (const [args, words] of [
    [['test', 'nobody'], /There is no service "nobody"/],
    [['test'], /missing required argument 'name'/],
    [['test', 'a', 'b'], /too many arguments/],
  ] as const) {
    const { exitCode, stderr } = await place.gateway(['services', ...args]).ended
    t.is(exitCode, EXIT_CODE.usage)
    t.regex(stderr, words)
  }
  const { stdout } = await place.gateway(['services']).ended
  t.regex(stdout, /^memory +on +npm /m)
})
