/** The entry `@fixpoint/gateways/http`: a bucket of `fixpoint serve`, or of any server with its dialect. */
export { http } from "./http.ts"
export { dialectHeader, dialectVersion } from "./http-dialect.ts"
export type { HttpHeaders, HttpOptions } from "./http-settings.ts"
