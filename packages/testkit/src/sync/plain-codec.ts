/**
 * A codec without any cryptography: objects as JSON. Owns: speed, for simulations that run the protocol thousands of times.
 * Invariant: it keeps what the real codec promises to the machine: an object opens under its name alone, a pack has one form,
 * and hashes of chains tell contents apart. Must not be used where anybody is hostile.
 */
import type { ControlEntry, Group, ObjectCodec, Pack } from "@fixpoint/core/sync"
import { FixpointError } from "@fixpoint/core/errors"
import type { Dice } from "../dice.ts"

type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const actorDigits = "0123456789abcdefghijklmnopqrstuv"

const toBytes = (value: unknown): Bytes => encoder.encode(JSON.stringify(value))

/** The codec of the space `space`; new actors come from the dice. */
export function plainCodec(space: string, dice: Dice): ObjectCodec {
  const seal = (kind: string, name: string, object: unknown, by = ""): Bytes => toBytes([kind, name, by, object])
  const open = (kind: string, name: string, bytes: Uint8Array): { by: string; object: unknown } => {
    const [ofKind, ofName, by, object] = parsed(bytes)
    if (ofKind !== kind) throw new FixpointError("BLOCK_CORRUPT")
    if (ofName !== name) throw new FixpointError("BLOCK_MISPLACED")
    return { by, object }
  }
  const hashOf = ({ actor, lo, hi, seen, isFull, actors, rows }: Omit<Pack, "hash">, previous: string): string =>
    hashText(JSON.stringify([previous, actor, lo, hi, seen, isFull, actors, rows]))
  return {
    space,
    newIncarnation: async () => ({
      actor: Array.from({ length: 16 }, () => actorDigits.charAt(dice.below(32))).join(""),
      secret: new Uint8Array(0),
    }),
    encodePack: async (pack, previous) => {
      const hash = hashOf(pack, previous)
      return { content: toBytes({ ...pack, hash }), hash }
    },
    decodePack: async (content) => JSON.parse(decoder.decode(content)) as Pack,
    hashOf: async (pack, previous) => hashOf(pack, previous),
    sealPack: async (name, content, { actor }) => seal("pack", name, JSON.parse(decoder.decode(content)), actor),
    openPack: async (name, bytes, { actor }) => {
      const { by, object } = open("pack", name, bytes)
      if (by !== actor) throw new FixpointError("ACTOR_MISMATCH")
      return object as Pack
    },
    sealPart: async (name, rows) => {
      const bytes = seal("part", name, rows)
      return { bytes, cid: hashText(decoder.decode(bytes)) }
    },
    openPart: async (name, bytes, cid) => {
      if (hashText(decoder.decode(bytes)) !== cid) throw new FixpointError("BLOCK_CORRUPT")
      return open("part", name, bytes).object as Awaited<ReturnType<ObjectCodec["openPart"]>>
    },
    sealGroup: async (name, group, { actor }) => seal(group.kind, name, group, actor),
    openGroup: async (name, bytes, kind) => open(kind, name, bytes).object as Group,
    sealControl: async (name, entry, { actor }) => seal("control", name, entry, actor),
    openControl: async (name, bytes) => ({
      entry: open("control", name, bytes).object as ControlEntry,
      hash: hashText(decoder.decode(bytes)),
    }),
    sealDoorbell: async (name, doorbell) => seal("doorbell", name, doorbell),
    openDoorbell: async (name, bytes) =>
      open("doorbell", name, bytes).object as Awaited<ReturnType<ObjectCodec["openDoorbell"]>>,
    addEpoch: async () => undefined,
  }
}

function parsed(bytes: Uint8Array): [kind: string, name: string, by: string, object: unknown] {
  try {
    return JSON.parse(decoder.decode(bytes)) as [string, string, string, unknown]
  } catch (cause) {
    throw new FixpointError("BLOCK_CORRUPT", undefined, { cause })
  }
}

/** 128 bits of four FNV-1a hashes: enough to tell apart what a simulation makes. */
function hashText(text: string): string {
  let hex = ""
  for (const offset of [0x811c9dc5, 0x9e3779b9, 0x243f6a88, 0xb7e15162]) {
    let hash = offset
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hex += ((hash ^ (hash >>> 15)) >>> 0).toString(16).padStart(8, "0")
  }
  return hex
}
