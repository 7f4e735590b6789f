/** What a server has asked in the course of one request, and its client has not answered. */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import type { RpcId } from '../../json-rpc.ts'
import { type Question, toInputRequest } from './questions.ts'
import type { RoundsBudget } from './rounds-budget.ts'

export class OpenQuestions {
  readonly #budget: RoundsBudget
  readonly #user: string
  readonly #questions = new Map<string, Question>()
  #last = 0

  constructor(budget: RoundsBudget, user: string) {
    this.#budget = budget
    this.#user = user
  }

  get isEmpty(): boolean {
    return this.#questions.size === 0
  }

  /** False when there is no room for it. */
  add(question: Question): boolean {
    if (!this.#budget.take(this.#user, question.bytes)) return false
    this.#last += 1
    this.#questions.set(`question-${this.#last}`, question)
    return true
  }

  /** As they are put to the client, each under its key. */
  toInputRequests(): JsonObject {
    const asked = [...this.#questions].map(([key, question]) => [key, toInputRequest(question)])
    return Object.fromEntries(asked) as JsonObject
  }

  /** Those that are answered here; what has no answer remains, and what was not asked counts for nothing. */
  takeAnswered(responses: JsonObject): [Question, JsonObject][] {
    const answered: [Question, JsonObject][] = []
    for (const [key, question] of this.#questions) {
      const given = Object.hasOwn(responses, key) ? responses[key] : undefined
      if (!isObject(given)) continue
      this.#drop(key, question)
      answered.push([question, given])
    }
    return answered
  }

  forget(id: RpcId): void {
    for (const [key, question] of this.#questions) {
      if (question.id === id) this.#drop(key, question)
    }
  }

  takeAll(): Question[] {
    const all = [...this.#questions.values()]
    for (const [key, question] of this.#questions) this.#drop(key, question)
    return all
  }

  #drop(key: string, { bytes }: Question): void {
    this.#questions.delete(key)
    this.#budget.give(this.#user, bytes)
  }
}
