/**
 * What both ends of the HTTP dialect agree on; docs/http-gateway.md describes it. Owns: the header that marks its answers.
 */

/** Every answer of the dialect has this header, so that a page of a proxy is told from it. */
export const dialectHeader = "fixpoint-bucket"
/** The version that is spoken. */
export const dialectVersion = "1"
