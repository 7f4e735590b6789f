import { defineCheck, passed } from '../model/check.ts'
import { mcpHeaders } from '../wire/mcp.ts'
import { inWords, mediaType } from '../wire/words.ts'

export const stream = defineCheck({
  id: 'stream',
  stage: 'mcp',
  title: 'Listening stream',
  about:
    'In a session GET opens a stream of events, or says with 405 that there is none: clients open one right after the start.',
  needs: ['session'],
  faults: {
    neither: {
      severity: 'error',
      meaning: 'Clients take the answer for a failure of the session, or try again and again.',
      cure: 'Answer GET with `text/event-stream` or with 405; see that no proxy buffers or refuses event streams.',
    },
  },
  async run(visit, find) {
    const { session } = visit.facts
    if (session?.era !== 'initialize') return undefined
    const { 'content-type': _, ...rest } = mcpHeaders(visit, session)
    const headers = { ...rest, accept: 'text/event-stream' }
    const answer = await visit.http({ url: visit.url, headers, headOnly: true })
    const isStream = answer.status === 200 && mediaType(answer.headers) === 'text/event-stream'
    const told = `GET answered ${inWords(answer)}`
    return isStream || answer.status === 405 ? passed(told) : find('neither', told)
  },
})
