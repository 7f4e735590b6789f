import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { STATELESS_SUPPORTED } from '../../mcp-bridge/era.ts'
import { CODES } from '../../mcp-bridge/json-rpc.ts'
import * as limits from '../../mcp-bridge/limits.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/eras.md'), 'utf8')
const ROWS = new Set(PAGE.split('\n').filter((line) => line.startsWith('| ')))
const MIB = 1024 * 1024

test('the page on the eras has the bounds that the code has', (t) => {
  for (const row of [
    `| questions of a round, and answers nobody has fetched | ${limits.ROUND_SECONDS} s | the request is cancelled |`,
    `| rounds of a person | ${limits.ROUNDS_PER_USER_MAX} | the oldest is given up |`,
    `| what they keep in memory, of a person | ${limits.ROUNDS_BYTES_PER_USER_MAX / MIB} MiB | the server gets an error |`,
    `| streams of \`subscriptions/listen\` of a client | ${limits.LISTENERS_PER_CLIENT_MAX} | 429 |`,
  ]) {
    t.true(ROWS.has(row), row)
  }
  const { INPUT_ROUNDS_MAX, INPUTS_PER_ROUND_MAX, REQUEST_STATE_CHARACTERS_MAX } = limits
  const most = `more than ${INPUT_ROUNDS_MAX} rounds, or ${INPUTS_PER_ROUND_MAX} questions at once`
  t.true(
    PAGE.includes(
      `${most}, or a \`requestState\` beyond ${REQUEST_STATE_CHARACTERS_MAX / MIB} MiB`,
    ),
  )
  t.true(PAGE.includes(`asked within ${limits.QUESTIONS_GATHER_MS} ms`))
  t.is(limits.STATELESS_FIRST_BYTE_BEATS * limits.FIRST_BYTE_BEAT_MS, 500, 'half a second')
})

test('the page on the eras has the revisions and the codes that the code has', (t) => {
  for (const revision of STATELESS_SUPPORTED) t.true(PAGE.includes(revision), revision)
  for (const name of ['headerMismatch', 'missingCapability', 'unsupportedVersion'] as const) {
    t.true(PAGE.includes(String(CODES[name])), name)
  }
})
