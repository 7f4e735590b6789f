import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Made, makePlaceholder } from '../../../certs/making.ts'
import { OwnFiles } from '../../../certs/own-files.ts'
import { publishPair, readServed, type Served } from '../../../certs/publish.ts'
import { systemClock } from '../../../lib/platform/clock.ts'
import { createLog } from '../../../lib/platform/log.ts'

interface World {
  readonly own: string
  readonly served: string
  readonly files: OwnFiles
  readonly lines: string[]
  /** What is served from now on. */
  rename(names: readonly string[]): void
  expiresOf(): number | undefined
}

function world(t: ExecutionContext): World {
  const folder = mkdtempSync(join(tmpdir(), 'own-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [own, served] = [join(folder, 'own'), join(folder, 'served')]
  mkdirSync(own)
  const lines: string[] = []
  let names: readonly string[] = ['a.example']
  const read = (): Served | undefined => readServed(served)
  const files = new OwnFiles({
    folder: own,
    served: read,
    publish: (next) => publishPair(served, next),
    missing: (pair) => names.filter((name) => !pair.covers(name)),
    changed: () => {},
    clock: systemClock,
    log: createLog('test', 'info', { write: (line) => void lines.push(line) }),
  })
  return {
    ...{ own, served, files, lines, expiresOf: () => read()?.pair.notAfter },
    rename(next) {
      names = next
      files.namesChanged()
    },
  }
}

function put(folder: string, { certificate, key }: Made): void {
  writeFileSync(join(folder, 'fullchain.pem'), certificate)
  writeFileSync(join(folder, 'privkey.pem'), key)
}

/** Each ends at another moment, so that they can be told apart. */
let made = 0
async function make(): Promise<Made & { readonly expires: number }> {
  made += 1
  const now = Math.floor(Date.now() / 1000) * 1000 + made * 60_000
  return { ...(await makePlaceholder(['a.example'], now)), expires: now + 30 * 86_400_000 }
}

test('what is put there is served; the folders are ours alone', async (t) => {
  const { own, served, files, expiresOf } = world(t)
  const one = await make()
  put(own, one)
  files.look()
  t.is(expiresOf(), one.expires)
  t.is(statSync(served).mode & 0o777, 0o700)
  t.is(statSync(join(served, 'tls.key')).mode & 0o777, 0o600)
  const two = await make()
  put(own, two)
  files.look()
  t.is(expiresOf(), two.expires)
})

test('links are followed, also when only what they lead to has changed', async (t) => {
  const { own, files, expiresOf } = world(t)
  const archive = join(own, '../archive')
  mkdirSync(archive)
  put(archive, await make())
  for (const name of ['fullchain.pem', 'privkey.pem']) {
    symlinkSync(join(archive, name), join(own, name))
  }
  files.look()
  const two = await make()
  put(archive, two)
  files.look()
  t.is(expiresOf(), two.expires)
})

test('where ours cannot be put, the one before stays, and it is put there as soon as it can be', async (t) => {
  const { own, served, files, lines, expiresOf } = world(t)
  const [one, two] = [await make(), await make()]
  put(own, one)
  files.look()
  const before = readdirSync(served).length
  const obstacle = join(served, '..data.new')
  mkdirSync(obstacle)
  put(own, two)
  for (let time = 0; time < 3; time += 1) files.look()
  t.is(expiresOf(), one.expires)
  t.regex(files.fault ?? '', /served cannot be written: .*EISDIR/)
  t.is(lines.filter((line) => line.includes('"level":"error"')).length, 1)
  t.is(readdirSync(served).length, before + 1, 'of what failed nothing is left')
  rmSync(obstacle, { recursive: true })
  files.look()
  t.is(expiresOf(), two.expires)
  t.is(files.fault, undefined)
})

test('half a change is waited for; what stays wrong is refused, once and loudly', async (t) => {
  const { own, files, lines, expiresOf } = world(t)
  const [one, two] = [await make(), await make()]
  put(own, one)
  files.look()
  writeFileSync(join(own, 'fullchain.pem'), two.certificate)
  files.look()
  t.is(files.fault, undefined, 'somebody may be writing')
  files.look()
  t.is(files.fault, 'certificate and key do not belong together')
  files.look()
  t.is(expiresOf(), one.expires)
  t.is(lines.filter((line) => line.includes('"level":"error"')).length, 1)
  writeFileSync(join(own, 'privkey.pem'), two.key)
  files.look()
  t.is(files.fault, undefined)
  t.is(expiresOf(), two.expires)
})

test('one that has ended takes no good one’s place, and is loud', async (t) => {
  const { own, files, lines, expiresOf } = world(t)
  const one = await make()
  put(own, one)
  files.look()
  const ended = await makePlaceholder(['a.example'], Date.now() - 60 * 86_400_000)
  put(own, ended)
  files.look()
  files.look()
  t.regex(files.fault ?? '', /^the certificate has ended on \d{4}-\d\d-\d\dT/)
  t.is(expiresOf(), one.expires)
  t.is(lines.filter((line) => line.includes('"level":"error"')).length, 1)
  const two = await make()
  put(own, two)
  files.look()
  t.is(files.fault, undefined)
  t.is(expiresOf(), two.expires)
})

test('where none is served one that has ended is', async (t) => {
  const { own, files, lines, expiresOf } = world(t)
  put(own, await makePlaceholder(['a.example'], Date.now() - 60 * 86_400_000))
  files.look()
  t.regex(lines.join(''), /"level":"error".*the certificate has expired/)
  t.true((expiresOf() ?? 0) < Date.now())
  t.is(files.fault, undefined)
})

test('files that go leave the pair that is served', async (t) => {
  const { own, files, expiresOf } = world(t)
  const one = await make()
  put(own, one)
  files.look()
  renameSync(own, `${own}-gone`)
  files.look()
  files.look()
  t.regex(files.fault ?? '', /are not there$/)
  t.is(expiresOf(), one.expires)
})

test('a host that is served and that it is not for is told, once', async (t) => {
  const { own, files, lines, rename } = world(t)
  const warnings = (): unknown[] =>
    lines
      .map((line) => JSON.parse(line) as { level: string; names: unknown })
      .flatMap(({ level, names }) => (level === 'warn' ? [names] : []))
  put(own, await make())
  files.look()
  t.deepEqual(warnings(), [])
  rename(['a.example', 'b.example'])
  rename(['b.example', 'a.example'])
  t.deepEqual(warnings(), [['b.example']])
  put(own, await make())
  files.look()
  t.deepEqual(warnings(), [['b.example']])
  rename(['a.example'])
  rename(['a.example', 'b.example'])
  t.deepEqual(warnings(), [['b.example'], ['b.example']])
})

test('of what was served before only the last is kept', async (t) => {
  const { own, served, files } = world(t)
  for (let time = 0; time < 4; time += 1) {
    put(own, await make())
    files.look()
  }
  const versions = readdirSync(served).filter((name) => /^\.\.\d/.test(name))
  t.is(versions.length, 2)
})
