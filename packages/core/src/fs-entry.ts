/**
 * The store over files, for Node and what is like it. A bundle for pages has no use for it, but is not broken by it: Node's
 * modules are asked for when a store is opened.
 */
export { deleteFsStore, type FsStoreOptions, openFsStore } from "./lsm/fs-store.ts"
