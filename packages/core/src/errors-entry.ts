/** Errors for callers on both sides of the worker boundary: the class, its tests, and the types of its codes. */
export type { Code, ErrorKind } from "./base/codes.ts"
export { asFixpointError, type ErrorDetails, type ErrorJson, FixpointError, isFixpointError } from "./base/errors.ts"
