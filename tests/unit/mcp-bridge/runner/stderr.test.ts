import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../../../lib/platform/log.ts'
import { drainStderr } from '../../../../mcp-bridge/runner/stderr.ts'

const SECRET = 'a-key-of-the-service'

async function drained(
  pieces: readonly (string | Buffer)[],
  secrets: readonly string[] = [SECRET],
) {
  const lines: string[] = []
  const log = createLog('test', 'debug', { write: (line) => void lines.push(line) })
  const stream = new PassThrough()
  const tail = drainStderr(stream, { log, clock: Date.now, secrets })
  for (const piece of pieces) {
    stream.write(piece)
    await turn()
  }
  const shown = lines.map((line) => (JSON.parse(line) as { stderr: string }).stderr)
  return { shown, tail: tail() }
}

test('without secrets everything stands as it was written', async (t) => {
  const text = 'one\0two\n\nthree'
  t.deepEqual(await drained([text], []), { shown: ['one\0two', 'three'], tail: text })
})

test('a secret is hidden, with what stands around it shown', async (t) => {
  const { shown, tail } = await drained([`ä ${SECRET}${SECRET}; ${SECRET}`])
  t.deepEqual(shown, ['ä [redacted]; [redacted]'])
  t.is(tail, 'ä [redacted]; [redacted]')
})

test('one in pieces is hidden, whatever comes after the first', async (t) => {
  for (let cut = 4; cut < SECRET.length; cut += 1) {
    const { shown, tail } = await drained([`k=${SECRET.slice(0, cut)}`, `${SECRET.slice(cut)}=k`])
    t.deepEqual(shown, ['k=[redacted]', '[redacted]=k'])
    t.is(tail, 'k=[redacted]=k')
  }
})

test('of one at the edge of what is shown, or kept, nothing stands there', async (t) => {
  const filled = Buffer.alloc(4090, 'x\n')
  const cut = (await drained([Buffer.concat([Buffer.from(SECRET), filled])])).tail
  t.regex(cut, /^\[redacted\](?:x\n)+$/)
  const { shown } = await drained([Buffer.from(`${'y'.repeat(5990)}${SECRET}`)])
  t.regex(shown.join(), /^y+$/)
})

test('lines of a secret are hidden one by one, and so is what JSON makes of it', async (t) => {
  const secret = 'first line\r\nsecond "line"\n;'
  const { tail } = await drained(
    [`'first line\\r\\n' +\n 'second "line"\\n' ${JSON.stringify({ secret })}`],
    [secret],
  )
  t.is(tail, `'[redacted]\\r\\n' +\n '[redacted]\\n' {"secret":"[redacted]"}`)
})

test('what is too short to be a secret is shown', async (t) => {
  t.is((await drained(['an xyz'], ['xyz', '', '\n'])).tail, 'an xyz')
})
