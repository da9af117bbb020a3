/** The entry `@fixpoint/core/fs`: the store over files, for hosts that load it when a database needs it. */
export { deleteFsStore, type FsStoreOptions, openFsStore } from "./lsm/fs-store.ts"
