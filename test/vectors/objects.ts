/**
 * Our own vectors: objects, rows and control data that every reader of a bucket must take, and such as it must refuse, with the
 * code. Owns: how they are made from golden bytes; objects.json is what was made, and what other implementations can use.
 * Invariant: a vector is never edited; new ones are added.
 */
import { fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import golden from "../golden/forms.json" with { type: "json" }

/** Bytes under a name, and what a reader makes of them: "accepted", or the code of the refusal. */
export interface ObjectVector {
  readonly what: string
  readonly kind: "pack" | "run" | "base" | "part" | "control" | "doorbell"
  readonly name: string
  readonly bytes: string
}

const actor = "vlguvherhnmec677"

const objects: readonly (readonly [ObjectVector["kind"], form: keyof typeof golden, name: string])[] = [
  ["pack", "pack", `p/0/${actor}/00000000400`],
  ["run", "header of a run", "p/1/x/h"],
  ["base", "header of a base", "p/2/x/h"],
  ["part", "part of a base", "p/2/x/0"],
  ["control", "control entry", "c/00000003"],
  ["doorbell", "doorbell", "!"],
]

type Change = (bytes: Uint8Array) => Uint8Array

const flip =
  (at: number, bits = 1): Change =>
  (bytes) =>
    bytes.with(at < 0 ? bytes.length + at : at, (bytes.at(at) ?? 0) ^ bits)

/** Changes of an object, by the part that they touch (docs/format.md). */
const changes: Readonly<Record<string, Change>> = {
  "as it was made": (bytes) => bytes,
  "another magic": flip(0),
  "another kind": flip(4, 0x40),
  "an older suite": (bytes) => bytes.with(5, 0),
  "a newer suite": (bytes) => bytes.with(5, 3),
  "an epoch that is not known": (bytes) => bytes.with(6, 0x7f),
  "another salt": flip(8),
  "another commitment": flip(24),
  "another place": flip(40),
  "a longer header": flip(50),
  "a header without end": (bytes) => bytes.with(48, 0xff),
  "a header that was touched": flip(52),
  "a last byte that was touched": flip(-1),
  "a byte too few": (bytes) => bytes.slice(0, -1),
  "a byte too many": (bytes) => Uint8Array.from([...bytes, 0]),
  "a head alone": (bytes) => bytes.slice(0, 52),
  "a part of a head": (bytes) => bytes.slice(0, 20),
  nothing: () => new Uint8Array(),
}

/** All vectors of objects. */
export const objectVectors: readonly ObjectVector[] = objects.flatMap(([kind, form, name]) => {
  const bytes = fromHex(golden[form])
  const changed = Object.entries(changes).map(([what, change]) => ({ what, kind, name, bytes: toHex(change(bytes)) }))
  return [...changed, { what: "as it was made, under another name", kind, name: `${name}0`, bytes: toHex(bytes) }]
})

/** Text of blocks of packs under the actors `0123456789abcdef`, `vvvvvvvvvvvvvvvv`. */
export const rowVectors: readonly string[] = [
  '["docs","a"]\n{"a":1}\t[8192,0]',
  '["docs","a"]\n{}\t[8192,0]\n"b"\n\t[8193,1]',
  '["docs","a"]\n{"a":1}\t[8192,0]\n["more","a"]\n{"a":{"$":["d",5]}}\t[8192,1,0,[4096,0],["a"]]',
  '["docs","a"]\n{"n":7}\t[8192,0,0,0,[["n\\u0000c",7]]]',
  '["docs","a"]\n{"tags":["x"]}\t[8192,0,0,0,["tags\\u0000s\\"x\\""]]',
  '["docs","a"]\n{"o":{}}\t[8192,0,[5,1],0,["o\\u0000o",["gone"]],[4096,1,["old"]]]',
  '["docs","b"]\n{}\t[8192,0]\n"a"\n{}\t[8192,0]',
  '["docs","a"]\n{}\t[8192,0]\n"a"\n{}\t[8192,0]',
  '"a"\n{}\t[8192,0]',
  '["docs"]\n{}\t[8192,0]',
  '["docs",""]\n{}\t[8192,0]',
  '["do\\u0000cs","a"]\n{}\t[8192,0]',
  '["docs","a"]',
  '["docs","a"]\n{}',
  '["docs","a"]\n{}\t[8192,0]\t1',
  '["docs","a"]\n{"a": 1,"a":2}\t[8192,0]\n',
  '["docs","a"]\n[1]\t[8192,0]',
  '["docs","a"]\n{"_id":"a"}\t[8192,0]',
  '["docs","a"]\n{"__proto__":1}\t[8192,0]',
  '["docs","a"]\n{"a":{"$":["q",1]}}\t[8192,0]',
  '["docs","a"]\n{"a":"\\ud800"}\t[8192,0]',
  '["docs","a"]\n{}\tnull',
  '["docs","a"]\n{}\t{}',
  '["docs","a"]\n{}\t[]',
  '["docs","a"]\n{}\t[8192]',
  '["docs","a"]\n{}\t[8192,2]',
  '["docs","a"]\n{}\t[8192,"length"]',
  '["docs","a"]\n{}\t[-1,0]',
  '["docs","a"]\n{}\t[1.5,0]',
  '["docs","a"]\n{}\t[8192,0,2]',
  '["docs","a"]\n{}\t[8192,0,[8193,0]]',
  '["docs","a"]\n{}\t[8192,0,0,[8192,1]]',
  '["docs","a"]\n{}\t[8192,0,0,0,7]',
  '["docs","a"]\n{}\t[8192,0,0,0,[7]]',
  '["docs","a"]\n{}\t[8192,0,0,0,[],7]',
  '["docs","a"]\n{}\t[8192,0,0,0,[],[9000,0,"a"]]',
  '["docs","a"]\n{}\t[8192,0,0,0,["a\\u0000z"]]',
  '["docs","a"]\n{}\t[8192,0,0,0,["a\\u0000s{"]]',
  '["docs","a"]\n{}\t[8192,0,0,0,[["a\\u0000c","7"]]]',
  '["docs","a"]\n{}\t[8192,0,0,0,[["a\\u0000yx.0",7]]]',
  '["docs","a"]\n{}\t[8192,0,0,0,[["constructor",7]]]',
  '["docs","a"]\n{}\t[8192,0,0,0,["a\\\\x"]]',
]

/** Control data in hex. */
export const cborVectors: readonly string[] = [
  "a0",
  "80",
  "00",
  "17",
  "1818",
  "1903e8",
  "1a000f4240",
  "1b000000e8d4a51000",
  "20",
  "3903e7",
  "f4",
  "f5",
  "f6",
  "fb3ff8000000000000",
  "40",
  "4401020304",
  "60",
  "6161",
  "62c3a4",
  "83010203",
  "a26161016162820203",
  "a161618161628101",
  "",
  "1800",
  "190001",
  "1a00000001",
  "1b0000000000000001",
  "1b0020000000000000",
  "f7",
  "f93c00",
  "fa3fc00000",
  "fb3ff0000000000000",
  "fb7ff8000000000000",
  "fb8000000000000000",
  "5f4101ff",
  "7f6161ff",
  "9f01ff",
  "bf616101ff",
  "ff",
  "a2616201616102",
  "a262616101616202",
  "a2616101616102",
  "a10101",
  "a1a168746f537472696e670000",
  "c101",
  "d82a4100",
  "61ff",
  "63eda080",
  "82",
  "8201",
  "a16161",
  "6261",
  "19",
  "1c",
  "7bffffffffffffffff",
  "9bffffffffffffffff",
  "0000",
  "8181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818180",
  "818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818180",
]
