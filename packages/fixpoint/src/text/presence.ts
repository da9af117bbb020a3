/**
 * Who has a text open. Owns: the messages between those who do, over a relay that may be a channel of tabs or anything else.
 * Invariant: nothing here is stored, and nothing here changes a text. A message that cannot be read is dropped.
 */
import type { Doc } from "yjs"
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness"
import type { JoinPresence } from "./text-seam.ts"

/** Asks the others to tell of themselves. */
const hello = new Uint8Array(0)

/** Starts to tell and to hear. */
export function startPresence(
  doc: Doc,
  room: string,
  join: JoinPresence = joinTabs,
): { readonly awareness: Awareness; end(): void } {
  const awareness = new Awareness(doc)
  const heard = {}
  const tellOwn = (): void => relay.send(encodeAwarenessUpdate(awareness, [awareness.clientID]))
  const relay = join(room, (message) => {
    if (message.length === 0) return tellOwn()
    try {
      applyAwarenessUpdate(awareness, message, heard)
    } catch (error) {
      // Whoever sent this is of another version, or no friend.
      awareness.emit("error", [error])
    }
  })
  awareness.on("update", ({ added, updated, removed }: Record<string, number[]>, origin: unknown) => {
    if (origin !== heard) relay.send(encodeAwarenessUpdate(awareness, [...added!, ...updated!, ...removed!]))
  })
  relay.send(hello)
  tellOwn()
  return {
    awareness,
    end() {
      removeAwarenessStates(awareness, [awareness.clientID], "closed")
      awareness.destroy()
      relay.close()
    },
  }
}

/** The tabs of one browser. */
const joinTabs: JoinPresence = (room, receive) => {
  if (typeof BroadcastChannel === "undefined") return { send: () => undefined, close: () => undefined }
  const channel = new BroadcastChannel(room)
  // In Node a channel would keep the process alive.
  ;(channel as { unref?: () => void }).unref?.()
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof Uint8Array) receive(data)
  }
  return { send: (message) => channel.postMessage(message), close: () => channel.close() }
}
