import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { toService } from '../../lib/catalogue/service.ts'
import { serviceDefinition } from '../../lib/catalogue/service-definition.ts'
import * as limits from '../../mcp-bridge/limits.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/bridge.md'), 'utf8')

/** The second cell of each row of the page's tables, by the first. */
const CELLS = new Map(
  [...PAGE.matchAll(/^\| (.+?) \| (.+?) \|/gm)].map(([, first = '', second = '']) => [
    first,
    second,
  ]),
)

const KIB = 1024
const MIB = 1024 * KIB
const mebibytes = (bytes: number): string => `${bytes / MIB} MiB`
const seconds = (ms: number): string => `${ms / 1000} s`

test('the page on the bridge has the bounds that the code has', (t) => {
  const asked = limits.ASKED_SECONDS_BY_METHOD
  const expected: Readonly<Record<string, string>> = {
    'a message of a client': mebibytes(limits.BODY_BYTES_MAX),
    'values in a message, of a client or a server: numbers, texts, lists, objects':
      limits.MESSAGE_VALUES_MAX.toLocaleString('en'),
    'a batch (2025-03-26 only)': `${limits.BATCH_MESSAGES_MAX} messages`,
    'messages of a person that are larger than 4 KiB each, until they are answered': mebibytes(
      limits.BODIES_BYTES_PER_USER_MAX,
    ),
    'the id of a request, or its progress token': `${limits.ID_CHARACTERS_MAX} characters`,
    'what a client declares, where its server is of the other era': `${limits.DECLARED_CHARACTERS_MAX / KIB} KiB`,
    'sessions of a person': String(limits.SESSIONS_PER_USER_MAX),
    'sessions of a bridge': String(limits.SESSIONS_MAX),
    'requests of a session that wait': String(limits.PENDING_PER_SESSION_MAX),
    'requests of a process that wait, also for their turn': `${limits.PENDING_PER_PROCESS_MAX}; from half of it on nobody more than half`,
    'requests of a server that wait for its client': String(limits.ASKED_PER_SESSION_MAX),
    'processes of a person, over all services': String(limits.PROCESSES_PER_USER_MAX),
    'processes of a bridge': String(limits.PROCESSES_MAX),
    'the end of what ran before: one that was stopped, or the service as it was': seconds(
      limits.PLACE_WAIT_MS,
    ),
    'what a server writes': `${mebibytes(limits.OUTPUT_BYTES_PER_SECOND)} a second, after ${mebibytes(limits.OUTPUT_BURST_BYTES)} at once`,
    'what a server has not read yet': mebibytes(limits.INPUT_QUEUE_BYTES_MAX),
    '… all servers of a person, or one that all share': mebibytes(limits.UNSENT_BYTES_PER_USER_MAX),
    'the time to read what a person sends, in messages of 64 KiB and more': `${seconds(limits.EFFORT_BURST_MS)}, and ${seconds(limits.EFFORT_MS_PER_SECOND)} of each second`,
    'what a client has not read yet': mebibytes(limits.UNSENT_BYTES_MAX),
    '… all clients of a person': mebibytes(limits.UNSENT_BYTES_PER_USER_MAX),
    '… those of all persons': mebibytes(limits.UNSENT_TOTAL_BYTES_MAX),
    '… all sessions of a person': mebibytes(limits.EVENTS_BYTES_PER_USER_MAX),
    'kept for coming back, a session': `${mebibytes(limits.EVENTS_BYTES_MAX)}, and one larger event`,
    'kept for coming back, all sessions': mebibytes(limits.EVENTS_TOTAL_BYTES_MAX),
    'the same in the store, a session': `${limits.EVENTS_STORED_BYTES_MAX / KIB} KiB`,
    '`initialize`': seconds(limits.INITIALIZE_TIMEOUT_MS),
    'the client’s answer to `roots/list`, `ping`': `${asked['roots/list']} s`,
    '… to `sampling/createMessage`, `elicitation/create`': `${asked['elicitation/create']} s`,
    '… to anything else': `${limits.ASKED_SECONDS} s`,
    'stderr in the log, at `debug`': `${limits.STDERR_LINES_PER_SECOND} lines a second`,
    'the last of it, with a `warn` when a server ends by itself': `${limits.STDERR_TAIL_BYTES / KIB} KiB`,
  }
  for (const [what, bound] of Object.entries(expected)) t.is(CELLS.get(what), bound, what)
  t.is(limits.BODY_UNCOUNTED_BYTES, 4 * KIB)
  t.is(asked['ping'], asked['roots/list'])
  t.is(asked['sampling/createMessage'], asked['elicitation/create'])
})

test('the page on the bridge has the waits that the code has', (t) => {
  const { inputEndMs, terminateMs } = limits.STOP_WAITS
  for (const words of [
    `${seconds(inputEndMs)} later its group gets SIGTERM, ${seconds(terminateMs)} later SIGKILL`,
    `doubling from ${limits.BACKOFF_FIRST_MS} ms to ${seconds(limits.BACKOFF_MAX_MS)}`,
    `After ${limits.FIRST_BYTE_BEAT_MS} to ${2 * limits.FIRST_BYTE_BEAT_MS} ms`,
    `each ${seconds(limits.KEEP_ALIVE_MS)}`,
    `waits ${seconds(limits.PLACE_WAIT_MS)} for a place`,
    `A lease lasts ${seconds(limits.LEASE_MS)}`,
  ]) {
    t.true(PAGE.replaceAll(/\s+/g, ' ').includes(words), words)
  }
  t.is(limits.GIVES_WAY_AFTER_MS, 60_000)
  t.is(limits.FREE_FAILURES, 2)
  t.is(limits.HUNG_AFTER_CALLS, 3)
})

test('the page on the bridge has the defaults that a service has', (t) => {
  const reading = toService('any', { command: 'any' }, '/')
  if (!('service' in reading)) throw new Error(reading.faults.join())
  const { isolation, roots, calls, spares, limits: own } = reading.service
  const expected: Readonly<Record<string, string>> = {
    isolation: `\`${isolation}\``,
    roots: `\`${roots}\``,
    rootFolders: 'none',
    calls: `\`${calls}\``,
    callTimeout: seconds(own.callTimeoutMs),
    callCeiling: seconds(own.callCeilingMs),
    messageBytes: mebibytes(own.messageBytes),
    spares: String(spares),
    idle: seconds(own.idleMs),
    processesPerUser: String(own.processesPerUser),
    stopCommand: 'none',
    runner: 'none',
  }
  for (const [name, value] of Object.entries(expected)) {
    t.true(name in serviceDefinition.shape, name)
    t.is(CELLS.get(`\`${name}\``), value, name)
  }
})
