// FIXPOINT_VECTORS=write adds to objects.json the vectors that it lacks, with today's outcome: to be read before it is committed.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { cborVectors, objectVectors, rowVectors } from "./objects.ts"
import { outcomeOfCbor, outcomeOfObject, outcomeOfRows } from "./outcomes.ts"

const file = join(import.meta.dirname, "objects.json")
const about = {
  root: "the 32 bytes 00 to 1f",
  database: "golden",
  format: "docs/format.md, Space; rows are the clear text of a block, under the table of actors below",
  actors: ["0123456789abcdef", "vvvvvvvvvvvvvvvv"],
}

interface Kept {
  readonly objects: readonly { readonly name: string; readonly bytes: string; readonly outcome: string }[]
  readonly rows: readonly { readonly text: string; readonly outcome: string }[]
  readonly cbor: readonly { readonly bytes: string; readonly outcome: string }[]
}

const read = (): Kept =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Kept) : { objects: [], rows: [], cbor: [] }

if (process.env["FIXPOINT_VECTORS"] === "write") {
  const kept = read()
  const objects = await Promise.all(
    objectVectors.map(async (vector) => {
      const known = kept.objects.find(({ name, bytes }) => name === vector.name && bytes === vector.bytes)
      return known ?? { ...vector, outcome: await outcomeOfObject(vector) }
    }),
  )
  const rows = await Promise.all(
    rowVectors.map(async (text) => {
      const known = kept.rows.find((one) => one.text === text)
      return known ?? { text, outcome: await outcomeOfRows(text) }
    }),
  )
  const cbor = cborVectors.map(
    (bytes) => kept.cbor.find((one) => one.bytes === bytes) ?? { bytes, outcome: outcomeOfCbor(bytes) },
  )
  writeFileSync(file, `${JSON.stringify({ ...about, objects, rows, cbor }, undefined, 2)}\n`)
}

test("every vector has its outcome", () => {
  const { objects, rows, cbor } = read()
  expect([objects.length, rows.length, cbor.length]).toEqual([
    objectVectors.length,
    rowVectors.length,
    cborVectors.length,
  ])
})
