import test from 'ava'
import { neverBegun } from '../../../../mcp-bridge/runner/never-begun.ts'

const failing = (code: string): Error => Object.assign(new Error(code), { code })

for (const [code, isTemporary] of [
  ['EMFILE', true],
  ['ENOSPC', true],
  ['EDQUOT', true],
  ['EACCES', false],
  ['ENOENT', false],
] as const) {
  test(`${code} ${isTemporary ? 'may pass' : 'is of the service'}`, async (t) => {
    const { ended, gone } = neverBegun(failing(code))
    t.like(await ended, { isTemporary, spawnError: { message: code } })
    await t.notThrowsAsync(gone)
  })
}
