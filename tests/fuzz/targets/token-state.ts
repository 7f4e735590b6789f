/** POST /introspect and /revoke: only the very token is alive, and only it ends. */

import assert from 'node:assert/strict'
import { assertAnswer } from '../harness/answers.ts'
import { readPairs, toFields } from '../harness/form.ts'
import type { Target } from '../harness/fuzz.ts'
import type { Answer, Sent } from '../harness/send.ts'
import { fill, MACHINE_SECRET, type World } from '../harness/world.ts'
import { wordsOf } from './authorize.ts'
import { BASIC, bent, FORM, obtain, split } from './token.ts'

const ASKED = [
  'token=ACCESS&client_id=CLIENT_KEPT&client_secret=SECRET_KEPT',
  'token=OWN&client_id=nightly&client_secret=SECRET_NIGHTLY&token_type_hint=access_token',
  'token=REFRESH&token_type_hint=refresh_token&client_id=CLIENT_WEB',
]
const ASKED_VALUES = [
  'ACCESS',
  'OWN',
  'REFRESH',
  'OWNx',
  'OWN.',
  '.OWN',
  'OWN=',
  '',
  'refresh_token',
  'nonsense',
  '%00',
  'CLIENT_WEB',
]
const ASKED_NAMES = ['token', 'token_type_hint', 'client_id', 'client_secret']

export async function tokenStateTarget(world: World): Promise<Target> {
  const held = await obtain(world)
  const machine = await world.sender.send({
    method: 'POST',
    target: '/token',
    headers: { ...FORM, authorization: BASIC },
    body: 'grant_type=client_credentials',
  })
  const own = (JSON.parse(machine.text) as { access_token: string }).access_token
  const words = {
    ...wordsOf(world),
    ACCESS: held.access,
    REFRESH: held.refresh,
    OWN: own,
    SECRET_NIGHTLY: encodeURIComponent(MACHINE_SECRET),
  }
  return {
    corpus: 'introspection',
    words: [...ASKED_VALUES, ...ASKED_NAMES.map((name) => `&${name}=`), `${BASIC}\n`],
    grammar: bent(ASKED, ASKED_VALUES, ASKED_NAMES),
    async check(bytes) {
      const { authorization, body } = split(fill(bytes, words))
      const headers = { ...FORM, ...(authorization === undefined ? {} : { authorization }) }
      const asked = { method: 'POST', headers, body }
      const answer = await world.sender.send({ ...asked, target: '/introspect' })
      const word = assertAnswer(answer)
      const token = toFields(readPairs(body)).get('token') ?? ''
      if (![own, held.access, held.refresh].includes(token)) await revokeNothing(asked)
      if (answer.status !== 200) return word
      const isActive = isActiveIn(answer)
      // The machine may see what is meant for its service; nobody else here has credentials and a token.
      if (isActive) assert.ok([own, held.access].includes(token), 'active, and not a token of ours')
      return isActive ? 'active' : 'inactive'
    },
    outcomes: ['active', 'inactive', 'invalid_client'],
  }

  async function revokeNothing(asked: Omit<Sent, 'target'>): Promise<void> {
    assertAnswer(await world.sender.send({ ...asked, target: '/revoke' }))
    for (const one of [own, held.access]) assert.ok(await isAlive(one), 'ended by another')
  }

  async function isAlive(token: string): Promise<boolean> {
    const headers = { ...FORM, authorization: BASIC }
    const body = `token=${token}`
    return isActiveIn(
      await world.sender.send({ method: 'POST', target: '/introspect', headers, body }),
    )
  }
}

function isActiveIn({ text }: Answer): boolean {
  return (JSON.parse(text) as { active: boolean }).active
}
