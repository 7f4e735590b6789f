import { once } from 'node:events'
import { connect } from 'node:net'
import { addressesOf } from '../../look-up.ts'
import { defineCheck, passed } from '../model/check.ts'

const CONNECT_MS = 5000

export const port = defineCheck({
  id: 'port',
  stage: 'way',
  title: 'Port',
  about:
    'Somebody listens at the port, at one address of the name at least: a client tries them in turn.',
  needs: [],
  once: true,
  faults: {
    closed: {
      severity: 'error',
      meaning: 'Nobody listens there, or something between here and there does not let through.',
      cure: 'Start the server (`gateway status` says what runs), open the port in the firewall, or correct the port of the address.',
    },
  },
  async run({ url }, find) {
    const target = new URL(url)
    const number = Number(target.port) || (target.protocol === 'https:' ? 443 : 80)
    const addresses = await addressesOf(target.hostname)
    const tried = await Promise.all(addresses.map((address) => tryAddress(address, number)))
    const told = addresses
      .map((address, index) => `${address}: ${tried[index] ?? 'open'}`)
      .join(', ')
    return tried.includes(undefined)
      ? passed(`port ${number} is open (${told})`)
      : find('closed', `port ${number}: ${told}`)
  },
})

/** @returns undefined when it connects, else why it does not. */
async function tryAddress(host: string, number: number): Promise<string | undefined> {
  const socket = connect({ host, port: number })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) })
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === undefined || code === 'ABORT_ERR' ? 'no answer' : code
  } finally {
    socket.destroy()
  }
}
