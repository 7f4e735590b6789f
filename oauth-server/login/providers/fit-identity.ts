/**
 * The door for what providers tell of people: what gets past it is well-formed and bounded, steers no terminal
 * and no page, and can be kept by every store. A name is mended, because somebody has to be called something;
 * what rules compare is left out instead: mended it would be another one.
 */

import { fewMarks } from '../../pages/few-marks.ts'
import type { Identity } from './provider.ts'

const NAME_CHARACTERS_MAX = 128
/** A team is named after its organisation too. */
const COMPARED = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,512}$/u

/** The id is each provider's own to check: without a good one there is nobody. */
export function fitIdentity({ name, login, emails, ...rest }: Identity): Identity {
  const { organizations, teams, groups, ...others } = rest
  return {
    ...others,
    name: cleanName(name) || others.providerId,
    emails: emails.filter(isFit),
    ...(login !== undefined && isFit(login) ? { login } : {}),
    ...(organizations && { organizations: organizations.filter((one) => isFit(one.name)) }),
    ...(teams && { teams: teams.filter((one) => isFit(one.name)) }),
    ...(groups && { groups: groups.filter(isFit) }),
  }
}

/** Nothing that steers a terminal, a page or the direction of writing. */
export function cleanName(name: string): string {
  const visible = name.normalize('NFC').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  const characters = [...fewMarks(visible).replace(/\s+/gu, ' ').trim()]
  return characters.slice(0, NAME_CHARACTERS_MAX).join('').trim()
}

function isFit(text: string): boolean {
  return COMPARED.test(text)
}
