/** An image of the operator's own, from `gateway add` to a call: built with our runner, confined, and reached by its socket. */

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { parse } from 'yaml'
import { startBridge } from '../support/bridge.ts'
import { until } from '../support/gateway-process.ts'
import { json, open, rpc, send } from '../support/mcp.ts'

const ROOT = join(import.meta.dirname, '../..')
const HEALTHY_MS = 120_000
const run = promisify(execFile)
const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', [...args])).stdout.trim()

const DOCKERFILE = `FROM node:24-bookworm-slim
WORKDIR /srv/tools
ENV FLAG=flying
COPY *.ts ./
ENTRYPOINT ["node", "offers-tools.ts"]
`

/** Its sockets lie in a volume of the engine, which is root's. */
async function missing(): Promise<string | undefined> {
  try {
    await docker('compose', 'version')
    await docker('image', 'inspect', 'node:24-bookworm-slim')
  } catch {
    return 'a Docker engine with compose and node:24-bookworm-slim'
  }
  return process.getuid?.() === 0 ? undefined : 'root'
}

const lack = await missing()
const TITLE = 'an image is added, started in a container of its own, and called'
const title = lack === undefined ? TITLE : `${TITLE} (skipped: needs ${lack})`

;(lack === undefined ? test : test.skip)(title, async (t) => {
  t.timeout(600_000)
  const project = `own-image-${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), `${project}-`))
  const compose = (...args: readonly string[]): Promise<string> =>
    docker(
      ...['compose', '--project-directory', ROOT, '-p', project],
      ...['-f', join(ROOT, 'compose.yaml'), '-f', join(folder, 'compose.own.yaml'), ...args],
    )
  t.teardown(async () => {
    await compose('down', '--volumes', '--timeout', '2').catch(() => {})
    await docker('rmi', '--force', `${project}-base`, `${project}-tools`).catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  })
  await buildBase(folder, `${project}-base`)

  const add = ['add', `image:${project}-base`, '--name', 'tools', '--yes']
  const { stdout } = await run(process.execPath, [join(ROOT, 'cli/main.ts'), ...add], {
    cwd: folder,
  })
  t.regex(stdout, /tools works: fixture 1, 9 tools[\s\S]*docker compose up -d/)
  t.regex(
    readFileSync(join(folder, '.env'), 'utf8'),
    /^COMPOSE_FILE=compose.yaml:compose.own.yaml$/m,
  )
  t.is(await docker('ps', '--all', '--quiet', '--filter', 'name=gateway-trial-'), '')

  await compose('up', '--detach', '--build', '--no-deps', 'tools')
  const container = await compose('ps', '--quiet', 'tools')
  await until(
    async () =>
      (await docker('inspect', '--format', '{{.State.Health.Status}}', container)) === 'healthy',
    HEALTHY_MS,
  )
  const inside = (script: string): Promise<string> => docker('exec', container, 'sh', '-c', script)
  t.is(
    await inside('id -u; ls /sys/class/net; touch /x 2>/dev/null || echo sealed'),
    '1000\nlo\nsealed',
  )

  const { tools } = parse(readFileSync(join(folder, 'gateway.yaml'), 'utf8')).mcpServers
  t.is(tools.runner, '/run/runners/tools/runner.sock')
  const mount = await docker(
    'volume',
    'inspect',
    '--format',
    '{{.Mountpoint}}',
    `${project}_run-tools`,
  )
  const bridge = await startBridge({
    services: { tools: { ...tools, runner: join(mount, 'runner.sock') } },
  })
  t.teardown(() => bridge.stop())
  const { id } = await open(bridge, 'tools')
  const call = rpc('tools/call', { name: 'read', arguments: {} })
  const { result } = await json(send(bridge, 'tools', call, { session: id }))
  t.deepEqual(result?.['content'], [{ type: 'text', text: 'done' }])
  // What the image sets reaches its program, the runner's own settings do not.
  const environ = await inside(
    'for one in /proc/[0-9]*; do if grep -qa "^node.offers" $one/cmdline; then tr "\\0" "\\n" < $one/environ; fi; done',
  )
  t.regex(environ, /^FLAG=flying$/m)
  t.notRegex(environ, /^MCP_RUNNER_/m)
})

async function buildBase(folder: string, image: string): Promise<void> {
  const context = join(folder, 'image')
  mkdirSync(context)
  for (const file of ['offers-tools.ts', 'serve-stdio.ts']) {
    copyFileSync(join(ROOT, 'tests/fixtures', file), join(context, file))
  }
  writeFileSync(join(context, 'Dockerfile'), DOCKERFILE)
  await docker('build', '--quiet', '--tag', image, context)
}
