import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { compile } from '../../../bench/edge/compile.ts'
import { errorsOf, type LoadOptions, type Outcome, runLoad } from '../../../bench/edge/load.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const canRun =
  spawnSync('cc', ['--version']).status === 0 && spawnSync('taskset', ['--version']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'load-'))
const program = canRun ? compile(folder).load : ''
const [tokens, body] = [join(folder, 'tokens'), join(folder, 'body')]
writeFileSync(
  tokens,
  'first.token.of-three-with-a-signature\nsecond.token.of-three-with-it\nthird.x.signature-is-here\n',
)
writeFileSync(body, '{"jsonrpc":"2.0"}')
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

function runsHere(title: string, execute: (t: ExecutionContext) => Promise<void>): void {
  if (canRun) test.serial(title, execute)
  else test.skip(`${title} (skipped: needs taskset and a C compiler)`, execute)
}

async function load(answer: Answer, changes: Partial<LoadOptions>): Promise<Outcome> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => answer(request, response))
  })
  const port = await listen(server)
  try {
    return await runLoad({
      program,
      cores: '0,1',
      port,
      tokens,
      body,
      connections: 4,
      seconds: 0.5,
      warmUpSeconds: 0,
      expected: 200,
      ...changes,
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  return promise
}

function stall(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

const good: Answer = (_request, response) => response.end('{}')

runsHere(
  'at a constant rate every request is sent, and one stall is felt by all that were due in it',
  async (t) => {
    let answered = 0
    const stallsOnce: Answer = (request, response) => {
      answered += 1
      if (answered === 50) stall(300)
      good(request, response)
    }
    const outcome = await load(stallsOnce, { rate: 200, seconds: 1 })
    t.is(outcome.requests, 200)
    t.is(errorsOf(outcome, { expected: 200 }), 0)
    // Some 60 were due meanwhile: a loop that waits would have seen one slow answer.
    t.true(outcome.p99Us > 200_000, `p99 ${outcome.p99Us}`)
    t.true(outcome.maxUs >= 300_000 && outcome.maxUs >= outcome.p99Us)
  },
)

runsHere(
  'answers are counted by status, and a connection that breaks is counted and replaced',
  async (t) => {
    let asked = 0
    const uneven: Answer = (request, response) => {
      asked += 1
      if (asked % 10 === 1) response.statusCode = 503
      if (asked % 10 === 2) request.socket.destroy()
      else good(request, response)
    }
    const outcome = await load(uneven, {})
    const { statuses, failed, requests, unanswered } = outcome
    t.true((statuses['200'] ?? 0) > 0 && (statuses['503'] ?? 0) > 0 && failed > 0)
    t.is((statuses['200'] ?? 0) + (statuses['503'] ?? 0), requests)
    t.is(errorsOf(outcome, { expected: 200 }), (statuses['503'] ?? 0) + failed + unanswered)
    t.regex(outcome.sample, /^HTTP\/1\.1 503/)
  },
)

runsHere(
  'tokens come in turn, once if that is asked for, and spoilt ones are never the same',
  async (t) => {
    const seen: string[] = []
    const remember: Answer = (request, response) => {
      seen.push(request.headers.authorization ?? '')
      good(request, response)
    }
    const once = await load(remember, { once: true, connections: 1 })
    t.true(once.usedUp)
    t.deepEqual(
      seen.map((header) => header.slice('Bearer '.length).split('.')[0]),
      ['first', 'second', 'third'],
    )
    seen.length = 0
    await load(remember, { spoil: true, connections: 1, seconds: 0.2 })
    t.true(seen.length > 3)
    t.is(new Set(seen).size, seen.length)
  },
)

runsHere('what is never answered counts with all the time it was waited for', async (t) => {
  let asked = 0
  const falls: Answer = (request, response) => {
    asked += 1
    if (asked <= 20) good(request, response)
  }
  const outcome = await load(falls, { rate: 100, seconds: 0.5 })
  t.is(outcome.requests, 20)
  t.is(outcome.unanswered, 30)
  t.is(errorsOf(outcome, { expected: 200, rate: 100 }), 0)
  t.is(errorsOf(outcome, { expected: 200 }), 30)
  t.true(outcome.p99Us > 5_000_000, 'longer than the load has patience')
})

runsHere('whoever listens nowhere is told so', async (t) => {
  const options = { program, cores: '0,1', port: 1, tokens, body, connections: 1 }
  const run = runLoad({ ...options, seconds: 0.1, warmUpSeconds: 0, expected: 200 })
  await t.throwsAsync(run, { message: /exit code 1/ })
})
