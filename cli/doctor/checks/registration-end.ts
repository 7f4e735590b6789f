import { defineCheck, passed, skipped } from '../model/check.ts'
import { endRegistration, isRegistered } from '../wire/registration-request.ts'
import { inWords } from '../wire/words.ts'

export const registrationEnd = defineCheck({
  id: 'registration-end',
  stage: 'end',
  title: 'Deregistration',
  about:
    'The registration that the walk made is deleted again (RFC 7592); where that cannot be it is said, as it stays behind.',
  needs: [],
  faults: {
    stays: {
      severity: 'warning',
      meaning: 'A registration named `gateway doctor (…)` stays at the server.',
      cure: 'Delete it there by hand, or let it end by itself. Servers that offer RFC 7592 let a client delete its own.',
    },
  },
  async run(visit, find) {
    const { registration, client } = visit.facts
    if (registration !== undefined) {
      const answer = await endRegistration(visit, registration)
      if (answer.status >= 300 || (await isRegistered(visit, registration))) {
        return find('stays', `deleting answered ${inWords(answer)}`)
      }
      visit.leftBehind.delete(registration.uri)
    }
    // Also those that were made to find out why the client itself is refused.
    if (visit.stays.size > 0) {
      return find('stays', `the server gave no way to delete ${[...visit.stays].join(', ')}`)
    }
    if (registration !== undefined) return passed('deleted')
    return client === undefined ? skipped('there is no registration of the client') : undefined
  },
})
