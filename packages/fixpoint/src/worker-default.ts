/** The worker that a page starts by itself. The one file of this package with an effect of its own: it serves. */
import { serve } from "./worker.ts"

serve()
