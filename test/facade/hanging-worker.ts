/** The worker of a page, which stops in the middle of everything once it is told to: what is sent to it then is never answered. */
import { serve } from "fixpoint/worker"

serve()
addEventListener("message", ({ data }) => {
  if (data !== "hang") return
  postMessage("hanging")
  for (;;);
})
