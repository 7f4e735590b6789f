/** What an approving form says: for which service, and who says so. */

import type { Services } from '../../lib/catalogue/catalogue.ts'
import type { Params } from '../http/params.ts'
import { type Acquaintance, type Person, type PersonProblem, parsePerson } from '../login/person.ts'

export interface Approval {
  readonly service: string
  readonly person: Person
}

/** What a form can say wrong: a key of the page's words. */
export type ApprovalProblem = PersonProblem | 'chooseService'

export interface Circumstances extends Acquaintance {
  /** The service the request named, if it named one: then there is no choice. */
  readonly asked: string | undefined
  readonly services: Services
}

/** The approval, or what the person has to hear. */
export function parseApproval(
  params: Params,
  { asked, services, ...acquaintance }: Circumstances,
): Approval | ApprovalProblem {
  const service = asked ?? params.get('service')
  if (service === undefined || !services.has(service)) return 'chooseService'
  const person = parsePerson(params, acquaintance)
  return typeof person === 'string' ? person : { service, person }
}
