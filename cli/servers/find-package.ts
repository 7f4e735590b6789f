/** Which package is meant, where the text alone does not say: both registries are asked. */

import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { FoundPackage, PackageLookup } from './package-lookup.ts'
import type { PackageReference } from './reference.ts'

/** @throws CliError when there is none, or more than one. */
export async function findPackage(
  candidates: readonly PackageReference[],
  lookup: PackageLookup,
): Promise<FoundPackage> {
  const answers = await Promise.all(candidates.map((candidate) => lookup.find(candidate)))
  const found = answers.filter((one) => one !== undefined)
  const [first, second] = found
  if (first === undefined) throw notFound(candidates)
  if (second === undefined) return first
  const choices = found.map(({ registry, name, version }) => `${registry}:${name} (${version})`)
  throw new CliError(`Two registries have a package of this name: ${choices.join(', ')}.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: `say which: gateway add ${first.registry}:${first.name} or ${second.registry}:${second.name}`,
  })
}

function notFound(candidates: readonly PackageReference[]): CliError {
  const [{ name, version } = { name: '', version: undefined }] = candidates
  const registries = candidates.map(({ registry }) => (registry === 'npm' ? 'npm' : 'PyPI'))
  const what = version === undefined ? name : `${name} in version ${version}`
  return new CliError(`There is no ${what} at ${registries.join(' or ')}.`, {
    nextStep: 'check the name; an image is image:NAME, a remote server https://…',
  })
}
