/**
 * What users were told of their writes. Owns: for each write, whether its effect must be seen in the end, may be, or must not.
 * A token is one write that counts itself: 1 added to a counter, and its name to a set, as one commit. So a token that is seen
 * twice, by half, or not at all is seen at once. Or it is a word that is typed in a text, where it must stand once; or a mark: a field of
 * a document that somebody has inserted, which nobody deletes.
 * Invariant: a token goes from "must" to "may" only by an event that is allowed to lose what it had promised.
 */

/** What a token is. */
export type TokenKind = "count" | "word" | "mark"

/** The tokens as one read shows them. */
export interface Sight {
  /** How many are counted. */
  readonly total: number
  readonly names: readonly string[]
  /** In the order of the text. */
  readonly words: readonly string[]
  readonly marks: readonly string[]
}

/** One write. */
export interface Token {
  readonly name: string
  readonly kind: TokenKind
  /** The device that wrote it. */
  readonly device: string
  /** What it was written by, to know whose own it is. */
  readonly by: object
  /** "asked": nobody has been told yet. */
  state: "asked" | "must" | "may" | "not"
  /** A strict commit has followed: a power cut cannot take it. */
  isSure: boolean
  /** A remote was said to have it. */
  isSynced: boolean
}

/** All tokens of a run. */
export class TokenBook {
  readonly all: Token[] = []
  /** The ids of documents for marks. */
  readonly pages: string[] = []
  /**
   * Whether a device was copied, or put back to a state of before. Of what was not sent then, two histories of one actor know; which
   * of it the other one has sent cannot always be told, and then it is added once more rather than lost. So it is with an actor that
   * was ended when the bucket had lost some of it.
   */
  hasTwins = false

  issue(device: string, by: object, kind: TokenKind = "count"): Token {
    const name = `${kind}${this.all.length}`
    const token: Token = { name, kind, device, by, state: "asked", isSure: false, isSynced: false }
    this.all.push(token)
    return token
  }

  /** Those of a device. */
  of(device: string): Token[] {
    return this.all.filter((token) => token.device === device)
  }

  /** A strict commit of a device is about to be made: what it was told of by now will be sure. */
  beforeBarrier(device: string): () => void {
    const told = this.of(device).filter(({ state }) => state === "must")
    return () => {
      for (const token of told) token.isSure = true
    }
  }

  /** Something has happened to a device that may take what `isKept` does not hold for. */
  loses(device: string, isKept: (token: Token) => boolean): void {
    for (const token of this.of(device)) {
      if (token.state === "asked") token.state = "may"
      if (token.state === "must" && !isKept(token)) token.state = "may"
    }
  }

  /** What is wrong with a sight of the book: of the set, of the counter beside it, and of the text. */
  complaint({ names, total, words, marks }: Sight): string | undefined {
    const seen = new Set(names)
    if (total < seen.size || (total > seen.size && !this.hasTwins))
      return `O3: ${total} were counted, and ${seen.size} are there`
    const known = new Map(this.all.map((token) => [token.name, token]))
    const twice = words.find((word, i) => words.indexOf(word) !== i)
    if (twice !== undefined) return `O3: ${twice} stands twice in the text`
    for (const name of [...seen, ...words, ...marks]) {
      const state = known.get(name)?.state
      if (state === undefined || state === "not") return `O3: ${name} was never written`
    }
    return undefined
  }

  /** Those that must be seen and are not. */
  missing({ names, words, marks }: Sight): Token[] {
    const seen = new Set([...names, ...words, ...marks])
    return this.all.filter(({ name, state }) => state === "must" && !seen.has(name))
  }
}
