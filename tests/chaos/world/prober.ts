/** Asks all the time whether everything is served: how long a fault keeps people from what they want. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Member } from '../clients/member.ts'
import { sendTimed } from '../clients/patience.ts'
import { callRaw } from '../clients/raw-call.ts'
import type { Ledger } from '../ledger/ledger.ts'

const EVERY_MS = 200
const ANSWER_MS_MAX = 3000

export interface Prober {
  /** Resolves with the milliseconds until everything that is asked after `since` is served. */
  untilServing(since: number, withinMs: number): Promise<number | undefined>
  stop(): Promise<void>
}

type Question = () => Promise<boolean>

export async function startProber(issuer: string, ledger: Ledger): Promise<Prober> {
  const questions = await prepareQuestions(issuer, ledger)
  /** When the last round was sent in which everything was served. */
  let servedAt = -1
  let isEnding = false
  const run = async (): Promise<void> => {
    while (!isEnding) {
      const sentAt = ledger.clock()
      const served = await Promise.all(questions.map(inTime))
      if (served.every(Boolean)) servedAt = sentAt
      await sleep(EVERY_MS)
    }
  }
  const running = run()
  return {
    async untilServing(since, withinMs) {
      while (servedAt < since) {
        if (ledger.clock() - since > withinMs) return undefined
        await sleep(20)
      }
      return Math.round(servedAt - since)
    },
    async stop() {
      isEnding = true
      await running
    },
  }
}

async function inTime(ask: Question): Promise<boolean> {
  const late = sleep(ANSWER_MS_MAX, false, { ref: false })
  return await Promise.race([ask().catch(() => false), late])
}

/** Each service, the keys, and a write of the store. */
async function prepareQuestions(issuer: string, ledger: Ledger): Promise<readonly Question[]> {
  const questions = ['echo', 'shared', 'mine'].map(async (service): Promise<Question> => {
    const member = new Member('prober', issuer, ledger)
    const endpoint = `${issuer}/${service}/mcp`
    const { accessToken } = await member.logIn(endpoint)
    return async () => {
      const { status, told } = await callRaw({ endpoint, accessToken, text: 'probe' })
      return status === 200 && told === 'probe'
    }
  })
  const writer = new Member('prober', issuer, ledger)
  const writes: Question = async () => {
    await writer.refresh(writer.held ?? (await writer.logIn(`${issuer}/echo/mcp`)))
    return true
  }
  const keys: Question = async () => (await sendTimed({ url: `${issuer}/jwks` })).status === 200
  return [...(await Promise.all(questions)), inTurn(writes), keys]
}

/** One that is late is not overtaken by the next. */
function inTurn(ask: Question): Question {
  let running: Promise<boolean> | undefined
  return () => {
    running ??= ask().finally(() => {
      running = undefined
    })
    return running
  }
}
