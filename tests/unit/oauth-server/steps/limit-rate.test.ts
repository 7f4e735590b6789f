import test from 'ava'
import type Koa from 'koa'
import { limitByAddress } from '../../../../oauth-server/steps/limit-rate.ts'
import type { Limit } from '../../../../oauth-server/store/limits.ts'

const LIMIT = { name: 'pages', burst: 2, perMinute: 1 }

/** Limits that never refill. */
const setUp = () => {
  const used = new Map<string, number>()
  const limits = {
    async take({ name, burst }: Limit, subject: string) {
      const count = (used.get(`${name} ${subject}`) ?? 0) + 1
      if (count > burst) return 7
      used.set(`${name} ${subject}`, count)
      return 0
    },
    peek: async () => 0,
    giveBack: async () => {},
  }
  const step = limitByAddress(limits, LIMIT)
  const ask = async (address: string): Promise<boolean> => {
    let isLetThrough = false
    const ctx = { get: () => address } as unknown as Koa.Context
    await Promise.resolve(
      step(ctx as Parameters<typeof step>[0], async () => {
        isLetThrough = true
      }),
    ).catch(() => {})
    return isLetThrough
  }
  return { ask, used }
}

test('a subscriber of IPv6 has what sixteen addresses have, not what all networks of theirs would', async (t) => {
  const { ask } = setUp()
  const answers: boolean[] = []
  for (let network = 0; network < 40; network += 1) {
    answers.push(await ask(`2001:db8:1:${network.toString(16)}::1`))
  }
  t.is(answers.filter((isLetThrough) => isLetThrough).length, 32)
  t.true(await ask('2001:db8:2::1'), 'another site')
  t.true(await ask('192.0.2.1'))
})

test('one network of a site that asks without end takes nothing from the others', async (t) => {
  const { ask, used } = setUp()
  for (let tries = 0; tries < 100; tries += 1) await ask('2001:db8:1:2::1')
  t.deepEqual(Object.fromEntries(used), {
    'pages 2001:db8:1:2::/64': 2,
    'pages-site 2001:db8:1::/48': 2,
  })
  t.true(await ask('2001:db8:1:3::1'))
})
