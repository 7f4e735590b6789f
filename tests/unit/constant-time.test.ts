import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const ROOT = join(import.meta.dirname, '../..')

/** A comparison by which one could find out, by how long it takes, what nobody may know. */
const LEFT =
  /\b\w*(?:secret|digest|proof|password|verifier)\b(?:\(\w+\))?\s*[!=]==?\s*(?!undefined|null|''|"")\w/i
const RIGHT =
  /[\w)]\s*[!=]==?\s*(?:\w+\.)?\w*(?:[sS]ecret|[dD]igest|[pP]roof|[pP]assword|[vV]erifier)\b/
/** What is compared there is no secret: the digest of a request, and the name of a way to prove oneself. */
const NO_SECRETS = [
  'mcp-bridge/translate/stateless/rounds.ts',
  'lib/catalogue/configured-client.ts',
]

const isCompared = (line: string): boolean => LEFT.test(line) || RIGHT.test(line)

test('what is secret is compared in constant time, in every room', (t) => {
  for (const bad of [
    'if (secret === client.secret) return true',
    'return digest(secret) !== held.secretDigest',
    'return params.get("proof") === proof',
  ]) {
    t.true(isCompared(bad), bad)
  }
  const files = globSync('{lib,ext-authz,oauth-server,mcp-bridge}/**/*.ts', { cwd: ROOT })
  t.true(files.length > 300)
  const found = files
    .filter((file) => !NO_SECRETS.includes(file))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .filter((line) => isCompared(line) && !/^\s*(?:\*|\/)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
  t.deepEqual(found, [])
})
