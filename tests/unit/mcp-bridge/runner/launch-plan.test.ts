import test from 'ava'
import { toService } from '../../../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../../../lib/catalogue/service-definition.ts'
import { planLaunch } from '../../../../mcp-bridge/runner/launch-plan.ts'
import { dataFolderOf, environmentOf } from '../../../../mcp-bridge/runner/surroundings.ts'
import { toUserId } from '../../../../mcp-bridge/runner/user-id.ts'

const surroundings = {
  environment: { PATH: '/bin', LC_TIME: 'C', LCX: 'no', TOKEN: 'no', KEY: 'k', NODE_OPTIONS: 'no' },
  servicesFolder: '/state/services',
  socketFolder: '/run/n',
  gatewayMarker: 'mark',
}
const place = {
  environment: surroundings.environment,
  dataFolder: dataFolderOf(surroundings, 'svc'),
}
const person = { userId: 'github:1', userName: 'Ann' }

function plan(
  definition: ServiceDefinition,
  who: typeof person | undefined = person,
  own: ReadonlyMap<string, string> = new Map(),
) {
  const reading = toService('svc', { command: 'run', ...definition }, '/folder')
  if (!('service' in reading)) throw new Error(reading.faults.join())
  return planLaunch(reading.service, who, place, own)
}

test('a child gets the listed variables and its own', (t) => {
  const order = plan({ env: { A: 'b', KEY2: '${secret.KEY}', N: '${user.name}' } })
  t.deepEqual(environmentOf(order, surroundings), {
    PATH: '/bin',
    LC_TIME: 'C',
    A: 'b',
    KEY2: 'k',
    N: 'Ann',
    MCP_GATEWAY_INSTANCE: 'mark',
  })
})

test('a definition cannot hide a child from the supervisor', (t) => {
  const order = plan({ env: { MCP_GATEWAY_INSTANCE: 'other' } })
  t.is(environmentOf(order, surroundings)['MCP_GATEWAY_INSTANCE'], 'mark')
})

test('folders and arguments are of the person, the data folder comes first', (t) => {
  const id = toUserId('github:1')
  const { args, folders, cwd } = plan({
    args: ['--dir=${data}/${user.id}', '$x', '${data}'],
    folders: ['${data}/${user.id}'],
    cwd: '${data}',
  })
  t.deepEqual(args, [`--dir=/state/services/svc/${id}`, '$x', '/state/services/svc'])
  t.deepEqual(folders, ['/state/services/svc', `/state/services/svc/${id}`])
  t.is(cwd, '/state/services/svc')
})

test('what a value contains is not expanded again', (t) => {
  const who = { userId: 'x', userName: '${secret.KEY}' }
  t.is(plan({ env: { N: '${user.name}' } }, who).env['N'], '${secret.KEY}')
})

test('a secret that the operator has not set stops the launch', (t) => {
  t.throws(() => plan({ env: { X: '${secret.ABSENT}' } }), { instanceOf: RangeError })
})

const OWN = { env: { A: '${secret.KEY}', B: '${secret.TOKEN}' }, userSecrets: { TOKEN: 'Yours' } }

test('what a person has entered takes the place of no other, and no other takes its place', (t) => {
  const own = new Map([
    ['TOKEN', 'of Ann: ${secret.KEY}'],
    ['KEY', 'not asked for'],
  ])
  t.like(plan(OWN, person, own).env, { A: 'k', B: 'of Ann: ${secret.KEY}' })
  t.throws(() => plan(OWN), { instanceOf: RangeError, message: /secret\.TOKEN\} has no value/ })
})

for (const name of ['GATEWAY_SECRET', 'REDIS_PASSWORD', 'REDIS_URL', 'MCP_BRIDGE_EDGE_SECRET']) {
  test(`${name} is no service's to name`, (t) => {
    const reading = toService(
      'svc',
      { command: 'run', env: { X: `\${secret.${name}}` } },
      '/folder',
    )
    t.deepEqual('faults' in reading ? reading.faults : [], [
      `svc: env.X: \${secret.${name}} is not known here`,
    ])
  })
}

test('a process that everybody shares has no person', (t) => {
  const reading = toService('svc', { command: 'run', args: ['${user.id}'] }, '/folder')
  if (!('service' in reading)) throw new Error('no service')
  const { service } = reading
  t.throws(() => planLaunch(service, undefined, place, new Map()), {
    instanceOf: RangeError,
  })
})

test('user ids are short, of safe characters, and differ', (t) => {
  // SHA-256("github:583231") by another implementation, its first 130 bits in RFC 4648 base32.
  t.is(toUserId('github:583231'), 'uj7ggqk2mrzlfpf64opp2miqf64')
  const subjects = ['a', 'b', 'A', 'dev:../../etc', 'dev:a b', `${'x'.repeat(1000)}`]
  const ids = subjects.map(toUserId)
  for (const id of ids) t.regex(id, /^u[a-z2-7]{26}$/)
  t.is(new Set(ids).size, subjects.length)
})
