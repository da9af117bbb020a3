/**
 * What a text is to an application. Owns: the shapes alone, so that a page that opens no text
 * loads no Yjs.
 */
import type { Array as YArray, Doc, Map as YMap, Text as YText, XmlFragment } from "yjs"
import type { Awareness } from "y-protocols/awareness"

/** A collaborative text. Any binding of an editor to Yjs works with it. */
export interface Text extends AsyncDisposable {
  /** The live document. What is done to it is stored in batches of 100 ms; what others do appears in it. */
  readonly ydoc: Doc
  /** The root type of the field, as it was declared: of `text()` a Y.Text, of `xml()` a Y.XmlFragment, and so on. */
  readonly ytype: YText | XmlFragment | YArray<unknown> | YMap<unknown>
  /** The same, for fields that are declared `text()`. */
  readonly ytext: YText
  /** Who else has the text open, and where: cursors and names. Never stored. */
  readonly awareness: Awareness
  /** Resolves when everything that was typed is stored on this device. */
  saved(): Promise<void>
  /** Stores what was typed, and ends the document. */
  close(): Promise<void>
}

/** Carries presence between those who have a text open. Whatever it carries is believed as far as names and cursors go. */
export interface PresenceRelay {
  send(message: Uint8Array): void
  close(): void
}

/** Joins the room of a text. The default joins the tabs of one browser. */
export type JoinPresence = (room: string, receive: (message: Uint8Array) => void) => PresenceRelay

/** Options of `text`. */
export interface TextOptions {
  readonly presence?: JoinPresence | undefined
  readonly signal?: AbortSignal | undefined
}
