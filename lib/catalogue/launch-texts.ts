/** Every text of a service in which a secret may be named. */

import type { Service } from './service.ts'

export function launchTexts({ launch, folders }: Pick<Service, 'launch' | 'folders'>): string[] {
  if (launch.kind !== 'remote') {
    return [...launch.args, ...Object.values(launch.env), launch.cwd ?? '', ...folders]
  }
  const { headers, oauth } = launch
  return [...Object.values(headers), ...(oauth ? [`\${secret.${oauth.secretName}}`] : [])]
}
