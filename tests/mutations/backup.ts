/** Protections of what a backup brings back. */

import { type Mutation, unit } from './mutation.ts'

export const BACKUP: readonly Mutation[] = [
  {
    takesOut: 'a backup leads nowhere but below its folder',
    file: 'cli/backup/entries.ts',
    from: "path !== '' && !path.split('/').some((part) => part === '..' || part === '')",
    to: "path !== ''",
    noticedBy: 'lines that are missing, moved, added or none at all are found by their own checks',
    test: unit('cli/backup/file'),
  },
  {
    takesOut: 'nothing is restored through a link',
    file: 'cli/backup/lay-out-files.ts',
    from: 'if (!(await isLink(path))) continue',
    to: 'continue',
    noticedBy:
      'nothing is restored through a link that a service has laid, or taken away behind it',
    test: unit('cli/backup/service-files'),
  },
  {
    takesOut: 'a backup that was cut is none',
    file: 'cli/backup/entries.ts',
    from: "if (end === undefined) throw new Error('its end is missing')",
    to: 'if (end === undefined) return',
    noticedBy: 'lines that are missing, moved, added or none at all are found by their own checks',
    test: unit('cli/backup/file'),
  },
  {
    takesOut: 'a backup that was altered is none',
    file: 'cli/backup/entries.ts',
    from: "if (end.sha256 !== hash.digest('hex')) throw new Error('its checksum does not fit')",
    to: '',
    noticedBy: 'lines that are missing, moved, added or none at all are found by their own checks',
    test: unit('cli/backup/file'),
  },
  {
    takesOut: 'links of a backup are made last',
    file: 'cli/backup/lay-out-files.ts',
    from: 'links.push([entry.target, at])',
    to: 'await symlink(entry.target, at)',
    noticedBy: 'nothing is restored through a link that the backup itself brings',
    test: unit('cli/backup/service-files'),
    survivedUntil: 'No test brought a link in a backup itself: one does now, with a file below it.',
  },
]
