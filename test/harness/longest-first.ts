/**
 * The order of test files: those that take longest begin, so that no core is left alone with one of them at the end.
 * Vitest knows how long files took the last time; what is said here is for its first time.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Folders whose files take minutes, as they run hundreds of seeds. */
const longest = /\/test\/sim\//

/** Vitest's order, with those before the others. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => longest.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
