import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import type { Answer, Fault } from '../../../deploy/supply-chain/audit/answer.ts'
import { conclude } from '../../../deploy/supply-chain/audit/conclusion.ts'
import { parseExceptions, readExceptions } from '../../../deploy/supply-chain/audit/exceptions.ts'
import { auditNpm, parseNpmAudit } from '../../../deploy/supply-chain/audit/npm.ts'
import { auditPython, parsePipAudit } from '../../../deploy/supply-chain/audit/python.ts'
import { ROOT } from '../../../deploy/supply-chain/locked.ts'

const TODAY = '2026-11-29'
const FAULT: Fault = { id: 'GHSA-1', aliases: ['CVE-1'], package: 'koa', title: 'high: bad' }
const answered = (...faults: Fault[]): Answer => {
  return { file: 'package-lock.json', outcome: 'answered', packages: 3, faults }
}
const silent: Answer = { file: 'x', outcome: 'not answered', reason: 'status 405' }

test('a known fault fails, one with a reason and a day to come does not, one whose day is over does', (t) => {
  const exception = { id: 'CVE-1', reason: 'not reached', until: TODAY }
  t.is(conclude([answered(FAULT)], [], TODAY).exitCode, 1)
  t.is(conclude([answered(FAULT)], [exception], TODAY).exitCode, 0)
  const over = conclude([answered(FAULT)], [{ ...exception, until: '2026-11-28' }], TODAY)
  t.is(over.exitCode, 1)
  t.regex(over.lines.join('\n'), /exception CVE-1 \(until 2026-11-28\) is over/)
  t.is(conclude([answered(FAULT)], [{ ...exception, id: 'CVE-2' }], TODAY).exitCode, 1)
})

test('what nobody answered is neither clean nor a fault', (t) => {
  const { exitCode, lines } = conclude([answered(), silent], [], TODAY)
  t.is(exitCode, 2)
  t.deepEqual(lines, [
    '✔ package-lock.json: 3 packages, 0 known faults',
    '? x: not answered: status 405',
    '0 known faults, 0 excepted; 1 of 2 files not answered',
  ])
  t.is(conclude([answered(FAULT), silent], [], TODAY).exitCode, 1)
  t.is(conclude([answered()], [], TODAY).exitCode, 0)
})

test('exceptions have a name, a reason and a last day', (t) => {
  t.true(Array.isArray(readExceptions()))
  for (const one of [
    { id: 'a', reason: 'b' },
    { id: 'a', until: TODAY },
    { id: 'a', reason: '', until: TODAY },
    { id: 'a', reason: 'b', until: 'never' },
  ]) {
    t.throws(() => parseExceptions(JSON.stringify([one])))
  }
})

test('pip-audit says that nothing is known, and has asked nobody', (t) => {
  const skipped = { name: 'mcp', skip_reason: 'Dependency not found on PyPI' }
  const asked = { name: 'anyio', version: '4.16.0', vulns: [] }
  const answer = parsePipAudit('r.txt', JSON.stringify({ dependencies: [asked, skipped] }), '')
  t.deepEqual(answer, {
    file: 'r.txt',
    outcome: 'not answered',
    reason: 'pip-audit: 1 of 2 packages were skipped: Dependency not found on PyPI',
  })
  t.like(parsePipAudit('r.txt', JSON.stringify({ dependencies: [asked] }), ''), {
    outcome: 'answered',
    packages: 1,
  })
  t.like(parsePipAudit('r.txt', '', 'Traceback\nno route'), { reason: 'pip-audit: no route' })
})

test('faults that pip-audit knows', (t) => {
  const vulns = [{ id: 'PYSEC-1', aliases: ['CVE-9'], description: 'First.\nMore.' }]
  const text = JSON.stringify({ dependencies: [{ name: 'h11', version: '0.1', vulns }] })
  t.like(parsePipAudit('r.txt', text, ''), {
    faults: [{ id: 'PYSEC-1', aliases: ['CVE-9'], package: 'h11 0.1', title: 'First.' }],
  })
})

test('without pip-audit nothing is known', async (t) => {
  const answer = await auditPython('services/git/requirements.txt', {
    cwd: ROOT,
    env: { PATH: '' },
  })
  t.is(answer.outcome, 'not answered')
})

/** For what is faulty npm asks which versions there are. */
function versionsOf(name: string) {
  const version = '3.3.0'
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { name, version } } }
}

/** The real npm, asking a registry that answers like this. */
async function askNpm(answer: (names: readonly string[]) => { status: number; body: unknown }) {
  const registry = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const sent = Buffer.concat(chunks)
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    const { status, body } =
      request.method === 'GET'
        ? { status: 200, body: versionsOf(decodeURIComponent(request.url?.slice(1) ?? '')) }
        : answer(Object.keys(JSON.parse(text.toString())))
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  const { port } = registry.address() as AddressInfo
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/` }
  try {
    return await auditNpm('package-lock.json', { cwd: ROOT, env })
  } finally {
    registry.closeAllConnections()
    registry.close()
  }
}

test('npm asks about everything that runs, and what its registry knows is a fault', async (t) => {
  let asked: readonly string[] = []
  const advisory = {
    id: 1,
    url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
    title: 'Everything is lost',
    severity: 'critical',
    vulnerable_versions: '<99',
  }
  const answer = await askNpm((names) => {
    asked = names
    return { status: 200, body: { koa: [advisory] } }
  })
  t.true(asked.includes('koa') && asked.includes('jose'))
  t.false(asked.includes('ava'), 'not about tools of the development')
  t.is(answer.outcome, 'answered', JSON.stringify(answer))
  t.deepEqual(answer.outcome === 'answered' ? answer.faults : [], [
    {
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: [],
      package: 'koa',
      title: 'critical: Everything is lost',
    },
  ])
})

test('npm without faults is clean, npm without an answer is not', async (t) => {
  const clean = await askNpm(() => ({ status: 200, body: {} }))
  t.like(clean, { outcome: 'answered', faults: [] })
  t.true(clean.outcome === 'answered' && clean.packages > 200)
  const refused = await askNpm(() => ({ status: 405, body: {} }))
  t.is(refused.outcome, 'not answered')
  t.regex(refused.outcome === 'not answered' ? refused.reason : '', /405/)
  t.like(parseNpmAudit('x', 'oops'), { outcome: 'not answered' })
})
