/** An option in days. */

import { InvalidArgumentError } from 'commander'

export function parseDays(text: string): number {
  const days = Number(text)
  if (text.trim() !== '' && Number.isInteger(days) && days >= 0) return days
  throw new InvalidArgumentError('It must be a whole number of days.')
}
