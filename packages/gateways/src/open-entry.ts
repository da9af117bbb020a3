/** The entry `@fixpoint/gateways/open`: gateways from their descriptions, for a thread that they were sent to. */
export { openDescribed } from "./open-described.ts"
