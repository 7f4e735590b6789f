/** Everything that speaks against ours, found in the results. */

import { plain } from '../markdown.ts'
import { type Comparison, isWorse, type Section, show, showAdvantage } from './section.ts'

/** Of all benchmarks, each under its name. */
export function notBetter(sections: readonly Section[]): string {
  return sections.map(ofSection).join('\n\n')
}

function ofSection({ title, goals, comparisons, faults, noise }: Section): string {
  const missed = goals
    .filter(({ isMet }) => !isMet)
    .map(({ title: goal, wanted, reached }) => {
      return `- **missed**: ${goal}: ${reached}${wanted === '' ? '' : `, wanted ${wanted}`}`
    })
  const worse = comparisons.flatMap(toLines)
  const lines = [...faults.map((fault) => `- **${plain(fault)}**`), ...missed, ...worse]
  const compared = comparisons.reduce((sum, { others }) => sum + others.filter(isRival).length, 0)
  const count = `${worse.length} of ${compared} comparisons worse, ${missed.length} of ${goals.length} targets missed.`
  return [`**${title}**: ${count} ${noise}`, lines.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

function isRival({ isYardstick }: { readonly isYardstick: boolean }): boolean {
  return !isYardstick
}

function toLines(comparison: Comparison): string[] {
  const { what, digits, ours, others } = comparison
  return others
    .filter((other) => isRival(other) && isWorse(comparison, other))
    .map((other) => {
      const figures = `${show(ours.value, digits)}, ${other.name} ${show(other.value, digits)}`
      const times = showAdvantage(comparison, other)
      return `- ${what}: ${figures} (${times})${ours.isNoisy || other.isNoisy ? ', noisy' : ''}`
    })
}
