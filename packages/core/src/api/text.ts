/** A collaborative text as a page opens it. What crosses after that are updates of its Yjs document. */

/** A text that was opened: all there is of it, and the name that its new writer has in the Yjs document. */
export interface TextOpened {
  readonly type: "text" | "xml" | "yarray" | "ymap"
  readonly client: number
  /** Updates that make the document, in their order. Where one cannot be applied, the verb `state` gives what can be. */
  readonly updates: readonly Uint8Array[]
}
