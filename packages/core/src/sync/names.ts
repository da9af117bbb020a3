/**
 * Names of objects below the folder of a space. Owns: their forms.
 * Invariant: names of one folder sort by the clock in them, and tell no more than who wrote and when: random ids and times.
 * Must not know what the objects hold.
 */
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"

/** The clear marker: which format this is. */
export const markerName = "f"
/** The doorbell. */
export const doorbellName = "!"
/** What holds data. */
export const dataPrefix = "p/"

const hlcDigits = 11
const packForm = /^p\/0\/([0-9a-v]{16})\/([0-7][0-9a-v]{10})(~[0-9a-v]+)?$/
const groupForm = /^p\/([12])\/([0-7][0-9a-v]{10}-([0-9a-v]{16})-[0-9a-v]{8})\/(h|[0-9]+)$/

/** What a name of an object with data says. */
export type DataName =
  | { readonly kind: "pack"; readonly name: string; readonly actor: ActorId; readonly lo: Hlc }
  | {
      readonly kind: "run" | "base"
      readonly name: string
      readonly id: string
      readonly maker: ActorId
      /** Undefined for the header. */
      readonly part: number | undefined
    }

/** A clock as text that sorts as clocks do. */
export const hlcText = (hlc: Hlc): string => hlc.toString(32).padStart(hlcDigits, "0")

/** The name of a pack. A nonce tells two of one place apart where the bucket cannot keep the second one out. */
export const packName = (actor: ActorId, lo: Hlc, nonce?: string): string =>
  `p/0/${actor}/${hlcText(lo)}${nonce === undefined ? "" : `~${nonce}`}`

/** The folder of a run or a base. */
export const groupFolder = (kind: "run" | "base", id: string): string => `p/${kind === "run" ? 1 : 2}/${id}`

/** The name of the header of a run or a base. */
export const headerName = (kind: "run" | "base", id: string): string => `${groupFolder(kind, id)}/h`

/** The id of a run or a base: its newest clock, its maker, and random digits. */
export const groupId = (hi: Hlc, maker: ActorId, nonce: string): string => `${hlcText(hi)}-${maker}-${nonce}`

/** What holds the control log. */
export const controlPrefix = "c/"

/** The name of a control entry. */
export const controlName = (n: number): string => `${controlPrefix}${String(n).padStart(8, "0")}`

/** What holds files. */
export const filesPrefix = "b/"

/** A piece of a file: its only chunk, or the index of several, by the file's CID; and each of those by its number besides. */
export const pieceName = (file: string, chunk?: number): string =>
  `${filesPrefix}${file}${chunk === undefined ? "" : `~${chunk}`}`

const pieceForm = /^b\/(bafkrei[a-z2-7]{52})(~[0-9]+)?$/

/** The file that a piece is of. */
export const fileOfPiece = (name: string): string | undefined => pieceForm.exec(name)?.[1]

/** The meaning of a name; undefined for one that is no name of ours. */
export function parseDataName(name: string): DataName | undefined {
  const [, actor, lo] = packForm.exec(name) ?? []
  if (actor !== undefined && lo !== undefined) return { kind: "pack", name, actor, lo: Number.parseInt(lo, 32) }
  const [, level, id, maker, last] = groupForm.exec(name) ?? []
  if (id === undefined || maker === undefined) return undefined
  return { kind: level === "1" ? "run" : "base", name, id, maker, part: last === "h" ? undefined : Number(last) }
}
