import test from 'ava'
import type { Launched } from '../../../../mcp-bridge/runner/launcher.ts'
import { unusedProcess } from '../../../../mcp-bridge/runner/unused-processes.ts'

const USER = {}
const UNUSED = new Map([[USER, 1]])

function launched(kind: string): Launched {
  const process = { service: { launch: { kind } }, isStopping: false, users: new Set([USER]) }
  return { userId: 'ann', process } as unknown as Launched
}

test('what runs elsewhere takes no place, and gives none', (t) => {
  const [remote, program] = [launched('remote'), launched('stdio')]
  t.is(unusedProcess([remote], UNUSED, 'ann'), undefined)
  t.is(unusedProcess([remote, program], UNUSED, 'ann'), program.process)
})
