/** The page with two devices side by side: each is the demo itself, from an origin of its own. Owns nothing but the frames. */
import "@fontsource-variable/hanken-grotesk"
import { readDevice } from "./device.ts"
import { byId, reason } from "./dom.ts"

/** Each device says when it is open, and what it holds is on its screen. */
window.addEventListener("message", () => {
  const ready = Number(document.body.dataset["ready"] ?? 0) + 1
  document.body.dataset["ready"] = String(ready)
})

const page = new URLSearchParams(location.search).has("note") ? "notes.html" : ""

readDevice()
  .then(({ devices }) => {
    const frames = devices.slice(0, 2).map((url, place) => {
      const frame = document.createElement("iframe")
      Object.assign(frame, { src: new URL(page, url), title: `Device ${place + 1}` })
      return frame
    })
    byId("devices", HTMLElement).replaceChildren(...frames)
  })
  .catch((error: unknown) => (byId("both-told", HTMLElement).textContent = reason(error)))
