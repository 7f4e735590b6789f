import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CliError } from '../../../../cli/cli-error.ts'
import { readConfigurationFile } from '../../../../cli/servers/write-configuration.ts'

function makePlace(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'reading-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const read = (environment = {}) =>
    readConfigurationFile({ environment, workingDirectory: folder })
  return { folder, path: join(folder, 'gateway.yaml'), read }
}

test('the configuration is read as it lies there; an absent one is empty', (t) => {
  const { folder, path, read } = makePlace(t)
  t.deepEqual(read(), { path, text: '' })
  writeFileSync(path, 'access: { users: ["*"] }\n')
  t.is(read().text, 'access: { users: ["*"] }\n')
  const linked = join(folder, 'linked.yaml')
  symlinkSync(path, linked)
  t.is(read({ GATEWAY_CONFIG: 'linked.yaml' }).text, 'access: { users: ["*"] }\n')
})

for (const [what, place, make] of [
  ['a pipe', 'pipe', (path: string) => void execFileSync('mkfifo', [path])],
  ['a device', 'device', (path: string) => symlinkSync('/dev/zero', path)],
  ['a folder', '.', () => {}],
] as const) {
  test(`${what} is no configuration, and nobody waits for it`, (t) => {
    const { folder, read } = makePlace(t)
    make(join(folder, place))
    t.throws(() => read({ GATEWAY_CONFIG: place }), {
      instanceOf: CliError,
      message: /cannot be read: it is no regular file\.$/,
    })
  })
}

test('a file of another size than a configuration has is none', (t) => {
  const { path, read } = makePlace(t)
  writeFileSync(path, '#'.repeat(256 * 1024))
  t.is(read().text.length, 256 * 1024)
  writeFileSync(path, '#'.repeat(256 * 1024 + 1))
  t.throws(read, { instanceOf: CliError, message: /it is larger than 256 KiB\.$/ })
})
