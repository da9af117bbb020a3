import { expect, test } from "vitest"
import { Hints } from "./hints.ts"

function timersByHand() {
  const due = new Set<() => void>()
  const after = (_: number, run: () => void) => {
    due.add(run)
    return () => void due.delete(run)
  }
  const pass = () => {
    const now = [...due]
    due.clear()
    for (const run of now) run()
  }
  return { timers: { after }, pass }
}

test("commits that follow each other share a hint, and none is told twice", () => {
  const { timers, pass } = timersByHand()
  let posts = 0
  const hints = new Hints(timers, () => posts++)
  hints.flush()
  expect(posts).toBe(0)
  for (let i = 0; i < 3; i++) hints.commit()
  expect(posts).toBe(0)
  pass()
  expect(posts).toBe(1)
  hints.commit()
  hints.flush()
  pass()
  expect(posts).toBe(2)
})
