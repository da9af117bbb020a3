/**
 * What tells of a database over files when its journal is gone. Owns: the identity in clear beside the journal.
 * Invariant: the identity is written after the journal has it, and is read before: so one without the other is a loss, and
 * never a database that is just being made. Must not know what the journal is for.
 */
import { equalBytes, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import { type Folder, listBlockFiles, writeIdentity } from "./fs-folder.ts"
import type { Journal } from "./fs-journal.ts"
import type { Identity } from "./store.ts"

/** The identity in clear and files of blocks tell of a journal that is not there. */
export async function checkWitness(
  folder: Folder,
  witness: Uint8Array | undefined,
  journal: Journal | undefined,
): Promise<void> {
  const identity = journal?.state.identity
  if (identity === undefined && witness !== undefined)
    throw new FixpointError("STORE_TORN", "The journal of this database is missing, or what it began with.")
  if (journal === undefined && (await listBlockFiles(folder)).length > 0)
    throw new FixpointError("STORE_TORN", "There are blocks, and no journal.")
  if (identity === undefined) return
  if (witness === undefined) await writeIdentity(folder, identityText(identity))
  else if (!equalBytes(witness, identityText(identity)))
    throw new FixpointError("STORE_TORN", "The folder names another database than its journal.")
}

/** The identity record as it stands in the folder. */
export const identityText = (identity: Identity): Uint8Array => utf8Encode(`${JSON.stringify(identity)}\n`)
