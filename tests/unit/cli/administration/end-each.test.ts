import test from 'ava'
import type { Administration } from '../../../../cli/administration/administration.ts'
import { endInParts, requireAllTried } from '../../../../cli/administration/end-each.ts'
import { CliError } from '../../../../cli/cli-error.ts'
import type { Ended } from '../../../../lib/oauth/administration.ts'

const NAME = 'clients/delete'
const IDS = Array.from({ length: 500 }, (_, index) => `client-${index}`)

/** Ends everything that it is asked for, save what `at` says. */
function administration(at: (ids: readonly string[]) => Partial<Ended> = () => ({})) {
  const asked: object[] = []
  const ask = async (_name: string, input: object): Promise<unknown> => {
    asked.push(input)
    const { ids } = input as { ids: readonly string[] }
    return { ended: ids, missing: [], failed: null, not_tried: [], ...at(ids) }
  }
  return { asked, ask: ask as Administration['ask'] }
}

test('many are ended with several questions, and all are told', async (t) => {
  const { ask, asked } = administration()
  const told = await endInParts({ ask }, NAME, { condition: 'unused', ids: IDS })
  t.deepEqual(told.ended, IDS)
  t.deepEqual([told.unsure, told.not_tried, told.stopped], [[], [], undefined])
  t.is(asked.length, 3)
  t.true(asked.every((input) => 'condition' in input))
  t.notThrows(() => requireAllTried(told))
})

test('where the server breaks off, each is told as what it is', async (t) => {
  const failed = { id: 'client-203', error: 'x', error_description: 'the store is away' }
  const at = (ids: readonly string[]) =>
    ids.includes(failed.id)
      ? { ended: ids.slice(0, 2), missing: ids.slice(2, 3), failed, not_tried: ids.slice(4) }
      : {}
  const { ask, asked } = administration(at)
  const told = await endInParts({ ask }, NAME, { ids: IDS })
  t.is(asked.length, 2, 'nothing is tried after it')
  t.deepEqual(told.ended, IDS.slice(0, 202))
  t.deepEqual(told.missing, IDS.slice(202, 203))
  t.deepEqual(told.unsure, [failed.id])
  t.deepEqual(told.not_tried, IDS.slice(204))
  const { message } = t.throws(() => requireAllTried(told), { instanceOf: CliError })
  t.regex(message, /the store is away\. .*client-203\. Not tried: client-204, /)
})

test('a server that goes away in between does not hide what has ended', async (t) => {
  const at = (ids: readonly string[]) => {
    if (ids.includes('client-200')) throw new CliError('The server does not answer.')
    return {}
  }
  const told = await endInParts(administration(at), NAME, { ids: IDS })
  t.deepEqual(told.ended, IDS.slice(0, 200))
  t.deepEqual(told.unsure, IDS.slice(200, 400))
  t.deepEqual(told.not_tried, IDS.slice(400))
  t.regex(t.throws(() => requireAllTried(told)).message, /does not answer\. /)
  const refused = () => {
    throw new CliError('It is refused.')
  }
  const first = endInParts(administration(refused), NAME, { ids: IDS })
  await t.throwsAsync(first, { message: 'It is refused.' })
})
