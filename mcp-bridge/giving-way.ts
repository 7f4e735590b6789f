/** Who gives way when there is no room for anybody: whoever holds the most, with what they do not use. */

/** What somebody has and has not used for a while. */
export interface Unused {
  readonly user: string
  readonly usedAt: number
}

/**
 * What was unused longest, of whoever has most; nobody gives way to one who would then have more.
 * @param applicant undefined for what is to be everybody's.
 */
export function whatGivesWay<U extends Unused>(
  unused: readonly U[],
  countOf: (user: string) => number,
  applicant: string | undefined,
): U | undefined {
  const own = applicant === undefined ? 0 : countOf(applicant)
  const [first] = unused
    .filter(({ user }) => user === applicant || countOf(user) > own)
    .sort((one, other) => countOf(other.user) - countOf(one.user) || one.usedAt - other.usedAt)
  return first
}
