/**
 * Adds to a log record what is derived from the documents it changes. Owns: the definitions this engine has declared, and the
 * plug-ins that make entries of definitions.
 * Invariant: a record holds the entries of its documents for every derivation of the database, declared here or not; one whose
 * plug-in is not here is given up by the same record, as its entries would no longer be true. A derivation that is being
 * built gets the entries of documents that the build has passed; it will come to the others.
 * Must not know where records go, nor how builds are made.
 */
import { derivedPrefix, type Key, rowKey } from "../codec/key.ts"
import type { Entry } from "../lsm/wal.ts"
import type { RowDelta } from "../query/row-delta.ts"
import type { Definition, Derived, DerivedNote, DerivedStep, DerivedTable } from "./derived-table.ts"
import type { Ledger } from "./ledger.ts"
import { type Compiled, type DerivedDelta, type DerivedOut, journalTally, type Plugin } from "./plugin.ts"

/** A derivation with what makes its entries. */
export interface Active extends Derived, Compiled {
  readonly prefix: Key
}

/** What a record holds besides documents. */
export interface DerivedPart {
  readonly entries: readonly Entry[]
  /** Undefined where it changes nothing. */
  readonly note: DerivedNote | undefined
}

const nothing: DerivedPart = { entries: [], note: undefined }

/** The canonical text of a definition: two are the same when their texts are, in whatever order a manifest gives their keys. */
const textOf = ({ by, of, what }: Definition): string => JSON.stringify([by, of, what], byKey)

function byKey(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A note under way. */
type Steps = Record<string, DerivedStep | null>

/** Takes the entries of one derivation. */
class Out implements DerivedOut {
  readonly #prefix: Key
  readonly #entries: Entry[]
  readonly tallies = new Map<string, number>()

  constructor(prefix: Key, entries: Entry[]) {
    this.#prefix = prefix
    this.#entries = entries
  }

  put(key: Key, value: string): void {
    this.#entries.push([this.#prefix + key, value])
  }

  delete(key: Key): void {
    this.#entries.push([this.#prefix + key, null])
  }

  tally(name: string, by: number): void {
    this.tallies.set(name, (this.tallies.get(name) ?? 0) + by)
  }

  /** What has changed of the tallies. */
  changed(): Readonly<Record<string, number>> | undefined {
    const changed = [...this.tallies].filter(([, by]) => by !== 0)
    return changed.length === 0 ? undefined : Object.fromEntries(changed)
  }
}

/** Plug-ins that are loaded when a database needs them. */
export interface LaterPlugins {
  readonly names: readonly string[]
  /** Whether this engine itself has declared what they make. */
  isAsked(): boolean
  /** Gives them, and declares what is to be made by them; none when they do not load. */
  load(derivations: Derivations): Promise<readonly Plugin[]>
  /** What is to be made of a collection that was declared by nobody. */
  definitionFor?(collection: string): Definition | undefined
}

/** The derivations of one engine. */
export class Derivations {
  readonly #plugins: Map<string, Plugin>
  readonly #later: readonly LaterPlugins[]
  readonly #compiled = new Map<string, Compiled & Pick<Plugin, "space">>()
  readonly #wanted = new Map<string, Definition>()
  /** Collections that were asked for what is to be made of each. */
  readonly #asked = new Set<string>()
  /** What was missing when it was asked last: it is asked for each record. */
  #lastMissing:
    | {
        readonly derived: DerivedTable
        readonly version: number
        readonly wanted: number
        readonly plugins: number
        readonly missing: readonly Definition[]
      }
    | undefined

  constructor(plugins: readonly Plugin[], ...later: readonly LaterPlugins[]) {
    this.#plugins = new Map(plugins.map((plugin) => [plugin.by, plugin]))
    this.#later = later
  }

  /** What a record must wait for with `load`, so that it does not give up what a plug-in that is not here yet would keep. */
  lacking({ derived }: Ledger): readonly LaterPlugins[] {
    return this.#later.filter((later) => {
      const isMissing = (by: string) => !this.#plugins.has(by) && later.names.includes(by)
      return later.isAsked() || derived.list().some(({ definition: { by } }) => isMissing(by))
    })
  }

  /** Loads plug-ins that come later, with what they declare. Those that do not load are done without. */
  async load(wanted: readonly LaterPlugins[]): Promise<void> {
    for (const later of wanted) for (const plugin of await later.load(this)) this.#plugins.set(plugin.by, plugin)
  }

  /** Whether this engine has declared what a plug-in that is not here yet makes. */
  get isAsked(): boolean {
    return this.#later.some((later) => later.isAsked())
  }

  /** Declares a definition: the next record adds it, where the database does not have it. */
  want(definition: Definition): void {
    this.#wanted.set(textOf(definition), definition)
  }

  /** Whether this engine has declared a definition. */
  wants(definition: Definition): boolean {
    if (!this.#asked.has(definition.of)) this.#ask(definition.of)
    return this.#wanted.has(textOf(definition))
  }

  /** Declared definitions that the database does not have, of plug-ins that are here. */
  missing({ derived }: Ledger): readonly Definition[] {
    const last = this.#lastMissing
    const [wanted, plugins] = [this.#wanted.size, this.#plugins.size]
    const isSame = last?.version === derived.version && last.wanted === wanted && last.plugins === plugins
    if (isSame && last.derived === derived) return last.missing
    const missing = this.#missing(derived)
    this.#lastMissing = { derived, version: derived.version, wanted, plugins, missing }
    return missing
  }

  #missing(derived: DerivedTable): readonly Definition[] {
    const known = new Set(derived.list().map(({ definition }) => textOf(definition)))
    return [...this.#wanted].flatMap(([text, definition]) =>
      known.has(text) || !this.#plugins.has(definition.by) ? [] : [definition],
    )
  }

  /** The derivation of a definition; undefined where the database has none. */
  stored(definition: Definition, { derived }: Ledger): Derived | undefined {
    const text = textOf(definition)
    return derived.list(definition.of).find((one) => textOf(one.definition) === text)
  }

  /** A derivation with its plug-in; undefined where that is not here. */
  activate(derived: Derived): Active | undefined {
    const compiled = this.#compile(derived.definition)
    return compiled && { ...derived, ...compiled, prefix: derivedPrefix(compiled.space, derived.id) }
  }

  /** Declared definitions that begin with the next record, with the numbers that they get. */
  beginning(ledger: Ledger): { readonly id: number; readonly definition: Definition; readonly isComplete: boolean }[] {
    return this.missing(ledger).map((definition, i) => ({
      id: ledger.derived.next + i,
      definition,
      // One over no documents is complete at once.
      isComplete: ledger.count(definition.of) === 0,
    }))
  }

  /** Whether a record that changes documents of a collection holds more than these. */
  concern(collection: string, ledger: Ledger): boolean {
    if (!this.#asked.has(collection)) this.#ask(collection)
    return this.#wanted.size > 0 || ledger.derived.list(collection).length > 0
  }

  /** What the record of these deltas holds besides documents, on top of what the ledger tells. */
  derive(ledger: Ledger, deltas: readonly DerivedDelta[], hlc: number): DerivedPart {
    const steps: Steps = {}
    const active = [...this.#begun(ledger, steps), ...this.#maintained(ledger, deltas, { steps, hlc })]
    const entries: Entry[] = []
    for (const one of active) {
      const out = new Out(one.prefix, entries)
      for (const delta of deltas) if (isDue(one, delta)) one.onDelta(delta, out)
      const tally = out.changed()
      if (tally !== undefined) steps[one.id] = { ...steps[one.id], tally }
    }
    if (entries.length === 0 && Object.keys(steps).length === 0) return nothing
    return { entries, note: steps }
  }

  /** The entries of documents that a build comes to, and the tallies that they change. */
  build(active: Active, deltas: readonly RowDelta[], built: Key | undefined): DerivedPart {
    const entries: Entry[] = []
    const out = new Out(active.prefix, entries)
    for (const delta of deltas) active.onDelta(delta, out)
    const tally = out.changed()
    return { entries, note: { [active.id]: { built: built ?? null, ...(tally && { tally }) } } }
  }

  /** Derivations that begin with this record. */
  #begun(ledger: Ledger, steps: Steps): Active[] {
    return this.beginning(ledger).flatMap(({ id, definition, isComplete }) => {
      const isJournal = this.#plugins.get(definition.by)?.isJournal === true
      const built = isComplete || isJournal ? undefined : ""
      const step = { add: definition, built: built ?? null }
      steps[id] = isJournal ? { ...step, tally: { [journalTally]: ledger.hlc } } : step
      return this.activate({ id, definition, built, tallies: {} }) ?? []
    })
  }

  #maintained(
    { derived }: Ledger,
    deltas: readonly RowDelta[],
    { steps, hlc }: { readonly steps: Steps; readonly hlc: number },
  ): Active[] {
    const collections = new Set(deltas.map(({ collection }) => collection))
    return [...collections].flatMap((collection) =>
      derived.list(collection).flatMap((one) => {
        const active = this.activate(one)
        if (active === undefined) steps[one.id] = givenUp(one, hlc)
        return active === undefined ? [] : [active]
      }),
    )
  }

  #ask(collection: string): void {
    this.#asked.add(collection)
    for (const later of this.#later) {
      const definition = later.definitionFor?.(collection)
      if (definition !== undefined) this.want(definition)
    }
  }

  #compile(definition: Definition): (Compiled & Pick<Plugin, "space">) | undefined {
    const text = textOf(definition)
    const known = this.#compiled.get(text)
    const plugin = this.#plugins.get(definition.by)
    if (known !== undefined || plugin === undefined) return known
    const compiled = { ...plugin.compile(definition.what), space: plugin.space }
    this.#compiled.set(text, compiled)
    return compiled
  }
}

/** What becomes of a derivation whose plug-in is not here: a journal only has a gap, and begins again behind it. */
function givenUp({ tallies: { [journalTally]: since } }: Derived, hlc: number): DerivedStep | null {
  return since === undefined ? null : { tally: { [journalTally]: hlc - since } }
}

function isDue({ definition, built }: Derived, { collection, id }: RowDelta): boolean {
  return collection === definition.of && (built === undefined || rowKey(collection, id) <= built)
}
