/** Services that come from PyPI: installed at the start, each used through a login, nobody’s seen by others. */

import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { stringify } from 'yaml'
import { toUserId } from '../../mcp-bridge/runner/user-id.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { needs } from '../support/needs.ts'
import {
  refusesPrivatePages,
  workWithGit,
  workWithSqlite,
  workWithTime,
  workWithTmux,
} from '../support/python-work.ts'
import { type Connection, callText, connect } from '../support/sdk-client.ts'
import { toolPath } from '../support/tool-path.ts'
import { createVisitor } from '../support/visitor.ts'

const ON = ['time', 'fetch', 'git', 'sqlite', 'tmux']
const OFF = ['everything', 'filesystem', 'memory', 'sequentialthinking']
const switches = (names: readonly string[], value: string) =>
  names.map((name) => [`MCP_${name.toUpperCase()}_ENABLED`, value])

const FETCH = join(import.meta.dirname, '../../services/fetch')

/** The same package once more, for pages of this machine that the operator names; the guard alone judges. */
const FILE = stringify({
  mcpServers: {
    intranet: {
      pypi: 'mcp-server-fetch',
      script: 'serve.py',
      egress: 'public',
      args: ['--proxy-url', '{proxy}', '--allow-private-ips'],
      env: { EGRESS_ALLOW: '127.0.0.1' },
      isolation: 'shared',
    },
  },
})

let gateway: TestGateway
// The very first time packages are fetched.
test.before(async (t) => {
  t.timeout(300_000)
  if (toolPath('python') === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  mkdirSync(join(folder, 'services/intranet'), { recursive: true })
  copyFileSync(join(FETCH, 'requirements.txt'), join(folder, 'services/intranet/requirements.txt'))
  copyFileSync(join(FETCH, 'serve.py'), join(folder, 'serve.py'))
  gateway = await startGateway({
    folder,
    file: FILE,
    readyMsMax: 240_000,
    environment: Object.fromEntries([...switches(ON, 'true'), ...switches(OFF, 'false')]),
  })
})
test.after('a terminal does not outlive the gateway', async (t) => {
  if (gateway === undefined) return
  const terminals = () => withHomeBelow(gateway.folder)
  if (toolPath('tmux') !== undefined) t.true(terminals().length > 0)
  await gateway.stop()
  t.deepEqual(terminals(), [])
})
test.after.always(() => gateway?.remove())

async function enter(t: ExecutionContext, service: string, name: string): Promise<Connection> {
  const connection = await connect(`${gateway.url}/${service}/mcp`, createVisitor(name))
  t.teardown(() => connection.close())
  return connection
}

/** Where a service keeps what is this person's. */
function folderOf(service: string, name: string): string {
  return join(gateway.folder, '.gateway/services', service, toUserId(`dev:${name}`))
}

/** All that a tool answers with, also when it refuses. */
async function answerOf(
  { client }: Connection,
  name: string,
  args: Record<string, unknown>,
): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args })
  return JSON.stringify(content)
}

needs('python')('time: now, and from one zone to another', async (t) => {
  const { client } = await enter(t, 'time', 'alice')
  await t.notThrowsAsync(workWithTime(client))
})

/** A page on loopback, and what was asked for. */
async function servePage(t: ExecutionContext): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url === '/robots.txt') response.writeHead(404).end()
    else if (url === '/away') response.writeHead(302, { location: 'http://127.0.0.2/' }).end()
    else response.setHeader('content-type', 'text/html').end('<h1>Tides</h1><p>High at noon.</p>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, asked }
}

needs('python')('fetch: a page of this machine is not the web', async (t) => {
  const { port, asked } = await servePage(t)
  const { client } = await enter(t, 'fetch', 'alice')
  await t.notThrowsAsync(refusesPrivatePages(client, port))
  t.deepEqual(asked, [])
})

needs('python')(
  'fetch: a page is read through the guard, which lets nothing else pass',
  async (t) => {
    const { port, asked } = await servePage(t)
    const alice = await enter(t, 'intranet', 'alice')
    t.regex(
      await answerOf(alice, 'fetch', { url: `http://127.0.0.1:${port}/tides` }),
      /High at noon/,
    )
    t.true(asked.includes('/tides'))
    for (const url of [
      `http://127.0.0.2:${port}/`,
      'http://169.254.169.254/latest/meta-data/',
      `http://127.0.0.1:${port}/away`,
    ]) {
      const { isError, content } = await alice.client.callTool({
        name: 'fetch',
        arguments: { url },
      })
      t.true(isError, `${url}: ${JSON.stringify(content)}`)
    }
  },
)

needs('python', 'git')('git: a person’s own repositories, and none above them', async (t) => {
  const repository = join(folderOf('git', 'alice'), 'letters')
  makeRepository(repository, 'first letter')
  makeRepository(gateway.folder, 'of the operator')
  const alice = await enter(t, 'git', 'alice')
  await t.notThrowsAsync(workWithGit(alice.client, 'letters', 'first letter'))
  t.is(
    await callText(alice.client, 'git_branch', { repo_path: 'letters', branch_type: 'local' }),
    '* main',
  )

  writeFileSync(join(repository, 'second.txt'), 'dear bob')
  await callText(alice.client, 'git_add', { repo_path: 'letters', files: ['second.txt'] })
  await callText(alice.client, 'git_commit', { repo_path: 'letters', message: 'second letter' })
  t.regex(await callText(alice.client, 'git_log', { repo_path: 'letters' }), /Author: alice/)

  const bob = await enter(t, 'git', 'bob')
  t.is(await callText(bob.client, 'git_repositories'), 'There is no repository yet.')
  for (const repo_path of [repository, gateway.folder, '../../../..', '../']) {
    t.regex(
      await answerOf(bob, 'git_log', { repo_path }),
      /outside the allowed repository/,
      repo_path,
    )
  }
})

needs('python', 'git')('git: no program is run that a repository names', async (t) => {
  const folder = folderOf('git', 'mallory')
  const marks = join(folder, 'marks')
  mkdirSync(marks, { recursive: true })
  const mark = (name: string): string => `sh -c 'touch "${join(marks, name)}"; cat' --`
  const { client } = await enter(t, 'git', 'mallory')
  const tryAll = tryAllOf(client)
  const makeOdd = (name: string, settings: Readonly<Record<string, string>>): void => {
    const git = makeRepository(join(folder, name), 'first')
    writeFileSync(join(folder, name, '.gitattributes'), '*.txt filter=odd diff=odd merge=odd\n')
    writeFileSync(join(folder, name, 'a.txt'), 'one')
    git('add', '.')
    git('commit', '--quiet', '-m', 'second')
    git('branch', 'other', 'HEAD^')
    writeFileSync(join(folder, name, 'a.txt'), 'two')
    for (const [key, value] of Object.entries(settings)) git('config', key, value)
  }

  for (const [name, key] of [
    ['clean', 'filter.odd.clean'],
    ['smudge', 'filter.odd.smudge'],
    ['process', 'filter.odd.process'],
    ['external', 'diff.external'],
    ['command', 'diff.odd.command'],
    ['textconv', 'diff.odd.textconv'],
    ['driver', 'merge.odd.driver'],
  ] as const) {
    makeOdd(name, { [key]: mark(name) })
    for (const answer of await tryAll(name)) t.true(answer.includes(`${key}, which runs`), answer)
  }
  // Git asks a repository inside of another one whether it has changed.
  makeOdd('outer', {})
  makeOdd('outer/inner', { 'filter.odd.clean': mark('nested') })
  execFileSync('git', ['add', 'inner'], { cwd: join(folder, 'outer') })
  for (const answer of await tryAll('outer')) t.regex(answer, /filter\.odd\.clean, which runs/)
  makeOdd('included', { 'include.path': 'more' })
  writeFileSync(join(folder, 'included/.git/more'), `[diff]\nexternal = "${mark('more')}"\n`)
  t.regex((await tryAll('included'))[0] ?? '', /diff\.external, which runs/)

  makeOdd('hooks', { 'commit.gpgSign': 'true', 'gpg.program': mark('gpg'), 'gc.auto': '1' })
  for (const hook of ['pre-commit', 'commit-msg', 'post-commit', 'post-checkout']) {
    const path = join(folder, 'hooks/.git/hooks', hook)
    writeFileSync(path, `#!/bin/sh\ntouch "${join(marks, hook)}"\n`, { mode: 0o755 })
  }
  const answers = await tryAll('hooks')
  t.regex(answers[3] ?? '', /committed successfully/)
  t.regex(answers[5] ?? '', /Switched to branch 'other'/)

  makeOdd('partial', {
    'core.repositoryFormatVersion': '1',
    'extensions.partialClone': 'far',
    'remote.far.url': `ext::touch ${join(marks, 'ext')}`,
    'remote.far.promisor': 'true',
    'protocol.ext.allow': 'always',
  })
  writeFileSync(join(folder, 'partial/.git/refs/heads/other'), `${'1'.repeat(40)}\n`)
  await tryAll('partial')
  t.deepEqual(readdirSync(marks), [])

  makeOdd('outside', { 'core.worktree': gateway.folder })
  t.regex((await tryAll('outside'))[0] ?? '', /outside the allowed repository/)
  mkdirSync(join(folder, 'linked'))
  writeFileSync(join(folder, 'linked/.git'), `gitdir: ${join(gateway.folder, '.git')}\n`)
  makeRepository(gateway.folder, 'of the operator')
  t.regex((await tryAll('linked'))[0] ?? '', /outside the allowed repository/)
})

needs('python', 'git')('git: no objects of another repository are read', async (t) => {
  const folder = folderOf('git', 'mallory')
  const { client } = await enter(t, 'git', 'mallory')
  const tryAll = tryAllOf(client)
  const others = join(gateway.folder, 'others')
  makeRepository(others, 'of the operator')
  for (const [name, borrow] of [
    ['borrowed', borrowByLink],
    ['one by one', borrowEach],
    ['alternates', borrowByName],
  ] as const) {
    makeRepository(join(folder, name), 'first')
    borrow(join(folder, name, '.git/objects'), join(others, '.git/objects'))
    for (const answer of await tryAll(name)) t.regex(answer, /outside the allowed repository/)
  }
})

/** Each tool once, in a repository. */
function tryAllOf(client: Connection['client']): (repo_path: string) => Promise<string[]> {
  const asked = [
    ['git_status', {}],
    ['git_diff_unstaged', {}],
    ['git_add', { files: ['.'] }],
    ['git_commit', { message: 'more' }],
    ['git_diff', { target: 'other' }],
    ['git_checkout', { branch_name: 'other' }],
    ['git_show', { revision: 'other' }],
  ] as const
  return async (repo_path) => {
    const answers: string[] = []
    for (const [name, more] of asked) {
      const { content } = await client.callTool({ name, arguments: { repo_path, ...more } })
      answers.push(JSON.stringify(content))
    }
    return answers
  }
}

function borrowByLink(objects: string, others: string): void {
  rmSync(objects, { recursive: true })
  symlinkSync(others, objects)
}

function borrowEach(objects: string, others: string): void {
  for (const path of readdirSync(others, { recursive: true }).map(String)) {
    if (!/^[0-9a-f]{2}\/./.test(path)) continue
    mkdirSync(join(objects, dirname(path)), { recursive: true })
    rmSync(join(objects, path), { force: true })
    symlinkSync(join(others, path), join(objects, path))
  }
}

function borrowByName(objects: string, others: string): void {
  writeFileSync(join(objects, 'info/alternates'), `${others}\n`)
}

/** @returns runs git there. */
function makeRepository(folder: string, subject: string): (...args: string[]) => void {
  mkdirSync(folder, { recursive: true })
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.invalid', ...args], {
      cwd: folder,
    })
  }
  git('init', '--quiet', '--initial-branch=main')
  git('commit', '--quiet', '--allow-empty', '-m', subject)
  return git
}

needs('python')('sqlite: a database of one’s own, and no other file', async (t) => {
  const [alice, bob] = await Promise.all([enter(t, 'sqlite', 'alice'), enter(t, 'sqlite', 'bob')])
  await t.notThrowsAsync(workWithSqlite(alice.client, 'diary'))
  t.notRegex(await callText(bob.client, 'list_tables'), /diary/)
  const others = join(folderOf('sqlite', 'alice'), 'data.db')
  const taken = join(gateway.folder, 'taken.db')
  for (const query of [`ATTACH DATABASE '${others}' AS other`, `VACUUM INTO '${taken}'`]) {
    t.regex(
      await answerOf(bob, 'write_query', { query }),
      /not authorized|authorization denied/,
      query,
    )
  }
  t.regex(
    await answerOf(bob, 'read_query', { query: "SELECT load_extension('x')" }),
    /not authorized|authorization denied/,
  )
  await callText(bob.client, 'write_query', { query: 'VACUUM' })
  const unbounded = { query: 'PRAGMA max_page_count = 2147483646' }
  t.regex(await answerOf(bob, 'write_query', unbounded), /not authorized/)
  t.false(readdirSync(gateway.folder).includes('taken.db'))
  if (process.platform === 'linux') {
    const [pid = ''] = findProcesses('cmdline', join(folderOf('sqlite', 'bob'), 'data.db'))
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
    t.regex(limits, /^Max file size +1207959552 /m, 'temporary ones, and what is sorted')
    t.regex(limits, /^Max address space +2147483648 /m)
  }
})

needs('python', 'tmux')('tmux: a terminal of one’s own', async (t) => {
  const [alice, bob] = await Promise.all([enter(t, 'tmux', 'alice'), enter(t, 'tmux', 'bob')])
  await t.notThrowsAsync(workWithTmux(alice.client, 'work'))
  const sessions = await callText(bob.client, 'tmux_list', { kind: 'sessions' })
  t.notRegex(sessions, /work/)
  const shown = await callText(alice.client, 'tmux_run', {
    target_pane: 'work',
    command: 'echo "at $HOME"',
  })
  t.regex(shown, new RegExp(`at .*/${toUserId('dev:alice')}`))
})

needs('python', 'tmux')(
  'tmux: no secret of the gateway is in a terminal’s environment',
  async (t) => {
    const { client } = await enter(t, 'tmux', 'carol')
    await callText(client, 'tmux_new_session', { name: 'look' })
    const shown = await callText(client, 'tmux_run', {
      target_pane: 'look',
      command: 'env | cut -d= -f1',
    })
    t.notRegex(shown, /SECRET|PASSWORD|REDIS|USER_SECRETS_KEY/)
  },
)

/** Processes whose home is below this folder: the terminals of its services. */
function withHomeBelow(folder: string): string[] {
  return findProcesses('environ', `HOME=${folder}/`)
}

/** Ids of those in whose file there the text is. */
function findProcesses(file: 'environ' | 'cmdline', text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(text)
    } catch {
      // Ended meanwhile, or somebody else's.
      return false
    }
  })
}
