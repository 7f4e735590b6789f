/** Whose request is being answered: the gateway says it with each. */

import { currentArrival, headerText } from '../native/arrival.ts'

/** Empty without a gateway in front. */
export function currentPerson(): string {
  return headerText(currentArrival().headers, 'x-user-id')
}
