import { execFileSync } from 'node:child_process'
import test from 'ava'

const ROOT = new URL('../../../../', import.meta.url).pathname

/** What Node itself has loaded once a program has imported these. */
function builtInsAfter(imports: readonly string[]): string[] {
  const program = [
    ...imports.map((one) => `await import(${JSON.stringify(one)})`),
    'console.log(JSON.stringify(process.moduleLoadList))',
  ].join('\n')
  const options = { cwd: ROOT, encoding: 'utf8' } as const
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], options)
  return JSON.parse(printed) as string[]
}

const isFetch = (name: string): boolean => name.includes('undici')

// The authorization server does: its router imports node:http.
test('neither bridge nor ext-authz loads the fetch of Node for its HTTP', (t) => {
  const doors = [
    './mcp-bridge/server.ts',
    './mcp-bridge/make-ports.ts',
    './ext-authz/admin.ts',
    './ext-authz/ports.ts',
  ]
  t.deepEqual(builtInsAfter(doors).filter(isFetch), [])
})

test('an import of node:http does: without it this file had no purpose', (t) => {
  t.true(builtInsAfter(['node:http']).some(isFetch))
})
