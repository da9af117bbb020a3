// A search that finds nothing proves nothing unless it finds what is there: each form, amid other bytes, at every alignment.
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { MarkerScan } from "./marker-scan.ts"

const word = "Zq7Marker4Kx9"
const key = Uint8Array.from({ length: 32 }, (_, at) => (at * 37 + 11) % 256)
const scan = new MarkerScan({ word, key })

const amid = (bytes: Buffer) => Buffer.concat([randomBytes(1_001), bytes, randomBytes(999)])
const found = (bytes: Buffer | string) => [...new Set(scan.in(bytes, "here").map(({ secret }) => secret))]

test("nothing is found where nothing is", () => {
  expect(scan.in(randomBytes(1 << 20), "noise")).toEqual([])
  expect(found(word.toLowerCase())).toEqual([])
})

const forms: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ["as it is", (bytes) => bytes],
  ["utf-16", (bytes) => Buffer.from(bytes.toString("latin1"), "utf16le")],
  ["utf-16, the other way round", (bytes) => Buffer.from(bytes.toString("latin1"), "utf16le").swap16()],
  ["hex", (bytes) => Buffer.from(bytes.toString("hex"))],
  ["hex in capitals", (bytes) => Buffer.from(bytes.toString("hex").toUpperCase())],
  ["base64", (bytes) => Buffer.from(bytes.toString("base64"))],
  ["base64 behind a byte", (bytes) => Buffer.from(Buffer.concat([Buffer.from("x"), bytes]).toString("base64"))],
  [
    "base64 amid others",
    (bytes) => Buffer.from(Buffer.concat([Buffer.from("xy"), bytes, Buffer.from("z")]).toString("base64")),
  ],
  ["base64 for addresses", (bytes) => Buffer.from(bytes.toString("base64url"))],
  ["base64 in utf-16", (bytes) => Buffer.from(bytes.toString("base64"), "utf16le")],
  ["an array of numbers", (bytes) => Buffer.from(JSON.stringify([...bytes]))],
]

test.each(forms)("%s", (_, encode) => {
  expect(found(amid(encode(Buffer.from(word))))).toEqual(["word"])
  expect(found(amid(encode(Buffer.from(key))))).toEqual(["key"])
})

test("in files and their names", () => {
  const folder = mkdtempSync(join(tmpdir(), "fixpoint-scan-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, "a"), `text ${word} text`)
  writeFileSync(join(folder, `b-${word}`), "")
  expect(scan.inFolder(folder).map(({ where }) => where.replace(folder, ""))).toEqual([
    "/a",
    expect.stringContaining("the name of"),
  ])
})
