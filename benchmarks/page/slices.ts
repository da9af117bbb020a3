/**
 * Measures the stretches that a library works on the main thread without giving it back: from the start to its first
 * `scheduler.postTask()`, and from where one of those goes on to the next. What the machine gives to others in a stretch counts
 * too; what it takes between two stretches does not. Where there is no `scheduler.postTask`, or it is not used, nothing is seen.
 */

/** Starts to watch; the function it gives ends it and tells the stretches in ms. */
export function watchSlices(): () => readonly number[] {
  const { scheduler } = globalThis as { scheduler?: { postTask?: (task: () => void) => Promise<void> } }
  const slices: number[] = []
  const original = scheduler?.postTask
  if (scheduler === undefined || original === undefined) return () => slices
  let began = performance.now()
  scheduler.postTask = async (task) => {
    slices.push(performance.now() - began)
    await original.call(scheduler, task)
    began = performance.now()
  }
  return () => {
    scheduler.postTask = original
    return slices
  }
}
