import test from 'ava'
import { spareFaults } from '../../../../lib/catalogue/spare-faults.ts'

test('what has nothing of a person can be started ahead', (t) => {
  t.deepEqual(spareFaults({ command: 'run', spares: 2, env: { KEY: '${secret.KEY}' } }), [])
  t.deepEqual(spareFaults({ command: 'run', isolation: 'shared', spares: 1 }), [])
  t.deepEqual(spareFaults({ command: 'run', args: ['${user.id}'] }), [])
})

test('what is a person’s is not known before they come', (t) => {
  for (const own of [
    { args: ['--home=${user.id}'] },
    { env: { NAME: '${user.name}' } },
    { folders: ['${data}/${user.id}'] },
    { cwd: '${data}/${user.id}' },
  ]) {
    const [fault] = spareFaults({ command: 'run', isolation: 'user', spares: 1, ...own })
    t.regex(fault ?? '', /^spares: \$\{user\.(id|name)\} is not known before somebody comes/)
  }
})

test('everybody’s process is one', (t) => {
  t.is(spareFaults({ command: 'run', isolation: 'shared', spares: 2 }).length, 1)
})
