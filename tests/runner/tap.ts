/** Counts what ava reports in TAP (version 13), and says it in a form to read while it goes. */

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

const POINT = /^(not )?ok \d+ (?:- )?(.*)$/
/** What ava itself ends such lines with; a title may contain the like elsewhere. */
const NOT_RUN = { passing: / # SKIP$/, failing: / # TODO$/ }

/** Reads one line; answers what to print, or undefined for what only machines want. */
export function readTapLine(line: string, counts: Counts): string | undefined {
  const point = POINT.exec(line)
  if (point === null) return isDetail(line) ? line : undefined
  const [, not, title = ''] = point
  const notRun = not === undefined ? NOT_RUN.passing : NOT_RUN.failing
  if (notRun.test(title)) {
    counts.skipped += 1
    return `- ${title.replace(notRun, '')}`
  }
  if (not === undefined) {
    counts.passed += 1
    return `✔ ${title}`
  }
  counts.failed += 1
  return `✘ ${title}`
}

/** What stands indented below a failure, and the comments of tests (`t.log`). */
function isDetail(line: string): boolean {
  if (/^# (tests|pass|skip|fail|TODO)\b/i.test(line)) return false
  return !/^(TAP version|1\.\.\d+|# |$)/.test(line)
}

/** The last line of a run. */
export function toSummary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** A run in which nothing ran proves nothing. */
export function isSuccess({ passed, failed }: Counts): boolean {
  return failed === 0 && passed > 0
}
