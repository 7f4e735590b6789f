import { defineCheck, passed } from '../model/check.ts'
import { endSession } from '../wire/mcp.ts'
import { inWords } from '../wire/words.ts'

export const sessionEnd = defineCheck({
  id: 'session-end',
  stage: 'mcp',
  title: 'End of the session',
  about:
    'DELETE ends the session, or is answered with 405 where only time does: what a client leaves behind otherwise costs the server.',
  needs: ['session'],
  faults: {
    not_ended: {
      severity: 'warning',
      meaning: 'The session stays until it is forgotten, and its processes with it.',
      cure: 'Answer DELETE with 2xx and end the session, or with 405; let idle sessions end by themselves, as half the clients never say goodbye.',
    },
  },
  async run(visit, find) {
    const { session } = visit.facts
    if (session?.era !== 'initialize' || session.id === undefined) return undefined
    const answer = await endSession(visit, session)
    const told = `DELETE answered ${inWords(answer)}`
    if (answer.status >= 300 && answer.status !== 405) return find('not_ended', told)
    visit.leftBehind.delete('session')
    return passed(told)
  },
})
