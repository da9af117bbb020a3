/** The part of PouchDB that its driver uses: the published types declare a Buffer of their own for the whole program. */
declare module "pouchdb-browser" {
  interface Rows<T> {
    readonly rows: readonly { readonly doc?: T & { readonly _rev: string } }[]
  }
  class PouchDB<T extends object> {
    constructor(name: string)
    static plugin(plugin: object): void
    info(): Promise<{ readonly doc_count: number }>
    put(doc: T): Promise<unknown>
    get(id: string): Promise<T & { readonly _rev: string }>
    bulkDocs(docs: readonly object[]): Promise<readonly object[]>
    allDocs(options: { readonly include_docs: true; readonly keys?: readonly string[] }): Promise<Rows<T>>
    createIndex(request: { readonly index: { readonly fields: readonly string[] } }): Promise<unknown>
    find(request: object): Promise<{ readonly docs: readonly (T & { readonly _rev: string })[] }>
    changes(options: { readonly live: true; readonly since: "now" }): {
      on(event: "change", listener: () => void): { cancel(): void }
    }
  }
  export default PouchDB
}

declare module "pouchdb-find" {
  const plugin: object
  export default plugin
}
