/**
 * Measures how long the main thread could not answer: a message to itself, over and over; the longest gap is the longest
 * task. It works in every browser, and to the resolution of its clock.
 */

/** Starts the beat; the function it gives ends it and tells the longest gap in ms. */
export function startHeartbeat(): () => number {
  const { port1, port2 } = new MessageChannel()
  let beatAt = performance.now()
  let longestMs = 0
  const note = () => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - beatAt)
    beatAt = now
  }
  port1.addEventListener("message", () => {
    note()
    port2.postMessage(undefined)
  })
  port1.start()
  port2.postMessage(undefined)
  return () => {
    note()
    port1.close()
    return longestMs
  }
}
