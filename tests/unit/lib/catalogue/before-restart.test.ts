/** Rules that were written for another gateway than the one that runs: they may take away, and no more. */

import test from 'ava'
import { rulesBeforeRestart } from '../../../../lib/catalogue/before-restart.ts'
import { readYaml } from '../../../support/configuration.ts'

const corp = `providers:
  corp: { type: oidc, issuer: "https://corp.example", client_id: x, client_secret: "\${secret.CORP}" }
`
const other = corp.replace('corp.example', 'other.example')

const read = (yaml: string) => readYaml(yaml, { CORP: 'secret' })
/** The rules in force once the file changes from the first text to the second. */
function change(before: string, after: string) {
  const running = read(before)
  return rulesBeforeRestart(running, running, read(after))
}
const accessOf = (yaml: string) => read(yaml).access

test('beside the same gateway the rules are those of the file', (t) => {
  const after = `${corp}access: { users: ["*"], services: { memory: { users: ["corp:a"] } } }\n`
  t.deepEqual(change(`${corp}access: { users: ["corp:a"] }\n`, after), accessOf(after))
})

test('a file without the providers opens nothing: the rules of before stay', (t) => {
  const before = `${corp}access: { users: ["corp:a"] }\n`
  t.deepEqual(change(before, 'branding: { name: Acme }\n'), accessOf(before))
})

test('other providers: whoever is named in both may in, nobody else', (t) => {
  const before = `${corp}access: { users: ["corp:a", "corp:b"] }\n`
  t.deepEqual(
    change(before, `${other}access: { users: ["corp:b", "corp:c"] }\n`),
    accessOf(`${corp}access: { users: ["corp:b"] }\n`),
  )
})

test('the wider of two rules takes nothing away', (t) => {
  const everyone = `${corp}access: { users: ["*"] }\n`
  const there = `${corp}access: { users: ["corp:*"] }\n`
  const one = `${corp}access: { users: ["corp:a"], groups: ["corp:g"] }\n`
  const elsewhere = (yaml: string) => yaml.replace('corp.example', 'other.example')
  for (const wide of [everyone, there]) {
    t.deepEqual(change(wide, elsewhere(one)), accessOf(one))
    t.deepEqual(change(one, elsewhere(wide)), accessOf(one))
  }
  t.deepEqual(change(everyone, elsewhere(everyone)), accessOf(everyone))
})

test('other providers: a service is narrowed by the rules of before and of now', (t) => {
  const withRules = (text: string, name: string, users: string) =>
    `${text}access: { users: ["*"], services: { ${name}: { users: [${users}] } } }\n`
  const { services } = change(
    withRules(corp, 'memory', '"corp:a", "corp:b"'),
    withRules(other, 'echo', '"corp:a"'),
  )
  t.deepEqual(
    services.get('memory'),
    accessOf(withRules(corp, 'memory', '"corp:a", "corp:b"')).services.get('memory'),
  )
  t.deepEqual(
    services.get('echo'),
    accessOf(withRules(corp, 'echo', '"corp:a"')).services.get('echo'),
  )
})

test('rules where there were none count at once', (t) => {
  const after = `${corp}access: { users: ["corp:a"] }\n`
  t.deepEqual(change('branding: { name: Acme }\n', after), accessOf(after))
})

test('other providers: a service that was not there is for nobody, whatever its rules say', (t) => {
  const tool = 'mcpServers: { tool: { command: tool }, free: { command: free } }\n'
  const { services } = change(
    `${corp}access: { users: ["*"] }\n`,
    `${tool}${other}access: { users: ["*"], services: { tool: { users: ["corp:a"] } } }\n`,
  )
  t.deepEqual([...services].sort(), [
    ['free', []],
    ['tool', []],
  ])
})
