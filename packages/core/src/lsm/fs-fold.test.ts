// A journal file as its writers see it: who appends what and when is made up, as are kills in the middle of a write.
import { crc32 } from "node:zlib"
import fc from "fast-check"
import { expect, test } from "vitest"
import { foldFrames, judgeRest } from "./fs-fold.ts"
import { encodeFrame, headBytes } from "./fs-frame.ts"
import { emptyState, type FsState } from "./fs-state.ts"

const checksum = (bytes: Uint8Array) => crc32(bytes)

/** A file, and writers that know it up to some place. */
class Desk {
  bytes = encodeFrame({ seq: 1, previous: 0, synced: 0 }, { by: "maker" }, [], checksum).bytes
  readonly writers: { state: FsState; at: number; end: number }[] = []
  /** Marks of the frames whose writer was told that they count. */
  readonly acknowledged: string[] = []
  /** Where each of them ends. */
  readonly ends: number[] = []
  #marks = 0

  read(writer: { state: FsState; at: number; end: number }) {
    const tail = { bytes: this.bytes.subarray(writer.at), base: writer.at, crc32: checksum }
    const folded = foldFrames(tail, writer.at, writer.state)
    writer.at = folded.at
    writer.end = this.bytes.length
    return folded.counted
  }

  writer(i: number) {
    const writer = this.writers[i] ?? { state: emptyState(), at: 0, end: 0 }
    this.writers[i] = writer
    if (writer.end === 0) this.read(writer)
    return writer
  }

  /** Appends a frame for the state as the writer knows it; with `cut`, the writer is killed after a part of it. */
  append(i: number, bodyLength: number, cut: number | undefined): void {
    const writer = this.writer(i)
    const { state } = writer
    const by = `${i}.${this.#marks++}`
    const body = Uint8Array.from({ length: bodyLength }, (_, k) => (k * 37 + this.#marks) | 1)
    const directory = { by, keys: bodyLength }
    const head = { seq: state.seq + 1, previous: state.at, synced: 0 }
    const { bytes } = encodeFrame(head, directory, [body], checksum)
    // The kernel ends a write between two pages: it leaves a head at least, or nothing.
    const written =
      cut === undefined ? bytes : bytes.subarray(0, cut < 0.1 ? 0 : Math.max(headBytes, cut * bytes.length))
    this.bytes = Uint8Array.from([...this.bytes, ...written])
    if (cut !== undefined) {
      this.writers.splice(i, 1)
      return
    }
    const counted = this.read(writer)
    const own = counted.find((frame) => frame.directory.by === by)
    if (own !== undefined) this.acknowledged.push(by)
    if (own !== undefined) this.ends.push(own.end)
  }

  /** The marks of the frames that count, for somebody who reads the file now. */
  chain(length = this.bytes.length): string[] {
    const tail = { bytes: this.bytes.subarray(0, length), base: 0, crc32: checksum }
    const state = emptyState()
    const folded = foldFrames(tail, 0, state)
    judgeRest(tail, folded, state)
    return folded.counted.slice(1).map(({ directory }) => directory.by)
  }
}

const step = fc.record({
  writer: fc.integer({ min: 0, max: 2 }),
  kind: fc.constantFrom("append", "append", "append", "read", "kill"),
  bodyLength: fc.integer({ min: 0, max: 200 }),
  cut: fc.double({ min: 0, max: 0.999, noNaN: true }),
})

const play = (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Desk => {
  const desk = new Desk()
  for (const { writer, kind, bodyLength, cut } of steps) {
    if (kind === "read") desk.read(desk.writer(writer))
    else desk.append(writer, bodyLength, kind === "kill" ? cut : undefined)
  }
  return desk
}

test("what a writer was told counts is the chain that everybody reads, whatever was appended and cut", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const desk = play(steps)
      expect(desk.chain()).toEqual(desk.acknowledged)
      for (const [i] of desk.writers.entries()) {
        desk.read(desk.writer(i))
        expect(desk.writer(i).state.seq).toBe(desk.acknowledged.length + 1)
      }
    }),
    { numRuns: 1000 },
  )
})

test("a file that ends anywhere reads as the chain up to there", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, part) => {
      const desk = play(steps)
      const first = encodeFrame({ seq: 1, previous: 0, synced: 0 }, { by: "maker" }, [], checksum).bytes.length
      const chain = desk.chain(first + Math.floor(part * (desk.bytes.length - first)))
      expect(desk.acknowledged.slice(0, chain.length)).toEqual(chain)
    }),
    { numRuns: 1000 },
  )
})

test("a power cut that took pages leaves the chain before them, whatever is behind them", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 3, maxLength: 20 }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      (steps, part) => {
        const desk = play(steps)
        const from = Math.floor(part * (desk.bytes.length - 8))
        desk.bytes.fill(0, from, from + 128)
        const chain = desk.chain()
        // What was whole before stays. What came second may count now, where the first has gone: both followed the same.
        const kept = desk.ends.filter((end) => end <= from).length
        expect(chain.slice(0, kept)).toEqual(desk.acknowledged.slice(0, kept))
      },
    ),
    { numRuns: 500 },
  )
})
