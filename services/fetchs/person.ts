/** Whose request is being answered: the gateway says it with each. */

import { currentArrival } from '../native/arrival.ts'

/** Empty without a gateway in front. */
export function currentPerson(): string {
  return [currentArrival().headers['x-user-id'] ?? ''].flat().join(', ')
}
