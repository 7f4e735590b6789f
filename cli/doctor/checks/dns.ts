import { addressesOf } from '../../look-up.ts'
import { defineCheck, passed } from '../model/check.ts'

export const dns = defineCheck({
  id: 'dns',
  stage: 'way',
  title: 'Name',
  about: 'The name of the server leads to an address.',
  needs: [],
  once: true,
  faults: {
    unknown_name: {
      severity: 'error',
      meaning: 'Nobody finds the server: its name has no address here.',
      cure: 'Make a record for the name (A, and AAAA for IPv6), or correct the address; a new record may take minutes to be seen.',
    },
  },
  async run({ url }, find) {
    const { hostname } = new URL(url)
    try {
      return passed(`${hostname} leads to ${(await addressesOf(hostname)).join(', ')}`)
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException
      return find('unknown_name', `${hostname}: ${code}`)
    }
  },
})
