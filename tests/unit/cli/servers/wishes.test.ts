import test from 'ava'
import { assertReachable } from '../../../../cli/servers/reachable.ts'
import { toMembers } from '../../../../cli/servers/wishes.ts'

test('what is asked for beside the server becomes members of its entry', (t) => {
  t.deepEqual(toMembers({}), {})
  t.deepEqual(
    toMembers({
      isolation: 'user',
      env: ['API_KEY', 'Mode=a=b'],
      header: ['Authorization: Bearer ${secret.X}'],
      description: 'words',
      privateAddresses: true,
    }),
    {
      isolation: 'user',
      env: { API_KEY: '${secret.API_KEY}', Mode: 'a=b' },
      headers: { Authorization: 'Bearer ${secret.X}' },
      description: 'words',
      privateAddresses: true,
    },
  )
})

test('what cannot be one is said, with what could', (t) => {
  t.throws(() => toMembers({ env: ['lower'] }), { message: /--env lower/ })
  t.throws(() => toMembers({ env: ['=text'] }), { message: /--env =text/ })
  t.throws(() => toMembers({ env: ['TWO WORDS=text'] }), { message: /--env TWO WORDS=text/ })
  t.throws(() => toMembers({ header: ['no header'] }), { message: /--header no header/ })
})

const reach = (url: string, address: string, privateAddresses = false): Promise<void> =>
  assertReachable('s', { url, privateAddresses }, async () => [{ address, family: 4 }])

test('a name may lead to the internet, and elsewhere only when that is meant', async (t) => {
  await t.notThrowsAsync(reach('https://a.example/', '93.184.216.34'))
  await t.throwsAsync(reach('https://a.example/', '10.0.0.1'), { message: /private network/ })
  await t.throwsAsync(reach('https://a.example/', '169.254.169.254'), { message: /private/ })
  await t.notThrowsAsync(reach('https://a.example/', '10.0.0.1', true))
  for (const url of [
    'http://localhost:1/',
    'http://127.0.0.1/',
    'http://[::1]:3/',
    'https://10.0.0.1/',
  ]) {
    await t.notThrowsAsync(reach(url, '10.0.0.1'), url)
  }
  const unknown = assertReachable('s', { url: 'https://a.example', privateAddresses: false }, () =>
    Promise.reject(new Error('ENOTFOUND')),
  )
  await t.throwsAsync(unknown, { message: /not known to DNS/ })
})
