import test, { type ExecutionContext } from 'ava'
import { REQUIREMENTS, type RequirementId } from '../conformance/requirements.ts'

/** Registers a test under the requirement it proves; an unknown id does not compile. */
export function verifies(
  id: RequirementId,
  body: (t: ExecutionContext) => void | Promise<void>,
): void {
  test(`${id}: ${REQUIREMENTS[id].behavior}`, body)
}

/** As `verifies`, but alone: for a test that counts or disturbs what the others of its file use. */
export function verifiesAlone(
  id: RequirementId,
  body: (t: ExecutionContext) => void | Promise<void>,
): void {
  test.serial(`${id}: ${REQUIREMENTS[id].behavior}`, body)
}
