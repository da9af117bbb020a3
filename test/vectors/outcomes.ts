/**
 * What our reader makes of a vector, in a word: "accepted", or the code of the refusal. Owns: the reader, under the golden root.
 */
import { fromHex, utf8Encode } from "../../packages/core/src/base/bytes.ts"
import { isFixpointError } from "../../packages/core/src/base/errors.ts"
import { decodeCbor } from "../../packages/core/src/codec/cbor.ts"
import { cidOf } from "../../packages/core/src/codec/cid.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { createSpaceKeys } from "../../packages/core/src/crypto/space-keys.ts"
import { blocksToRows } from "../../packages/core/src/sync/row-form.ts"
import { createSpaceCodec } from "../../packages/core/src/sync/space-codec.ts"
import { fixedHost, goldenSecret } from "../golden/fixed-host.ts"
import type { ObjectVector } from "./objects.ts"

const host = fixedHost()
const place = { actor: "vlguvherhnmec677", lo: 4096 }

const codec = async () => {
  const root = await importRoot(host.crypto, Uint8Array.from(goldenSecret))
  return createSpaceCodec({ host, keys: await createSpaceKeys(host.crypto, root, "golden") })
}

const outcome = async (read: () => Promise<unknown>): Promise<string> => {
  try {
    await read()
    return "accepted"
  } catch (error) {
    return isFixpointError(error) ? error.code : String(error)
  }
}

/** Of an object. */
export function outcomeOfObject({ kind, name, bytes: hex }: ObjectVector): Promise<string> {
  const bytes = fromHex(hex)
  return outcome(async () => {
    const by = await codec()
    switch (kind) {
      case "pack":
        return by.openPack(name, bytes, place)
      case "run":
      case "base":
        return by.openGroup(name, bytes, kind)
      case "part":
        return by.openPart(name, bytes, await cidOf(host.crypto, bytes, "raw"))
      case "control":
        return by.openControl(name, bytes)
      case "doorbell":
        return by.openDoorbell(name, bytes)
    }
  })
}

/** Of the text of a block. */
export function outcomeOfRows(text: string): Promise<string> {
  const plain = { deflate: async (bytes: Uint8Array) => bytes, inflate: async (bytes: Uint8Array) => bytes }
  return outcome(() => blocksToRows(plain, [utf8Encode(text)], ["0123456789abcdef", "vvvvvvvvvvvvvvvv"]))
}

/** Of control data. */
export function outcomeOfCbor(hex: string): string {
  try {
    decodeCbor(fromHex(hex))
    return "accepted"
  } catch (error) {
    return isFixpointError(error) ? error.code : String(error)
  }
}
