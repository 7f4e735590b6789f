/** `whoIStheGOAT`: praise by name. It is a joke, and the quickest proof that the gateway knows who calls. */

import { z } from 'zod'
import type { ReceivedHeaders } from '../../native/arrival.ts'
import { readBearerToken } from '../bearer-token.ts'
import { whoCalls } from '../who-calls.ts'
import { defineReport, NO_ARGUMENTS } from './tool.ts'

/** Claims that name a person, the friendliest first (OpenID Connect Core section 5.1). */
const NAMING_CLAIMS = ['name', 'preferred_username', 'email', 'sub']

const UNKNOWN =
  'AUTHENTICATION REQUIRED. Somebody here may well be the greatest of all time, but greatness without a login cannot be told from a typing error.'

export const whoIsTheGoatTool = defineReport({
  name: 'whoIStheGOAT',
  description: 'Names the greatest of all time. The result depends on who asks.',
  input: NO_ARGUMENTS,
  output: z.object({ goat: z.string().optional(), authenticated: z.boolean() }),
  run(_, { headers }) {
    const { userId, userName } = whoCalls(headers)
    const goat = userName || userId || nameInToken(headers)
    if (goat === '') return { text: UNKNOWN, facts: { authenticated: false } }
    const isVouchedFor = userId !== ''
    return {
      text: [...praise(goat), ...(isVouchedFor ? [] : [HEARSAY])].join('\n'),
      facts: { goat, authenticated: isVouchedFor },
    }
  },
})

const HEARSAY = '(The name is from a token that nobody has verified. Greatness on your own word.)'

function praise(name: string): string[] {
  return [
    `All measurements are in, and the answer is ${name}.`,
    `Redirects follow ${name} without being asked. Refresh tokens rotate out of respect.`,
    `A race condition once met ${name}, and waited its turn.`,
    `${name} is the GOAT.`,
  ]
}

function nameInToken(headers: ReceivedHeaders): string {
  const token = readBearerToken(headers)
  if (token.kind !== 'jwt') return ''
  const found = NAMING_CLAIMS.map((claim) => token.claims[claim]).find(
    (value) => typeof value === 'string' && value !== '',
  )
  return typeof found === 'string' ? found : ''
}
