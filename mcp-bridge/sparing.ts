/** What a server does again and again must not fill the log. */

/** So much is told each time; afterwards each doubling. */
const TOLD_EACH = 20

export function createSparing(): (tell: (count: number) => void) => void {
  let count = 0
  let next = 1
  return (tell) => {
    count += 1
    if (count < next) return
    next = count < TOLD_EACH ? count + 1 : count * 2
    tell(count)
  }
}
