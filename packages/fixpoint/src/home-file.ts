/**
 * Where the engine's side of a worker comes from. The bundle of the worker has this file's twin instead, which loads it as a file
 * beside it, and tells it where the parts are: scripts/bundle-worker.mjs.
 */

/** Loads it. */
export const loadHome = (): Promise<typeof import("./worker-home.ts")> => import("./worker-home.ts")
