/** automerge-repo with its IndexedDB storage: one document that holds a map of people. It finds documents by URL alone. */
import { type DocHandle, type DocumentId, Repo, splice } from "@automerge/automerge-repo"
import { IndexedDBStorageAdapter } from "@automerge/automerge-repo-storage-indexeddb"
import { isWanted, type Person } from "../documents.ts"
import { firstFromAge, sortedPageOf } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

/** Opens the document of a name, whose URL an earlier page left in localStorage, or makes it. */
async function opened<T>(name: string, empty: T): Promise<{ handle: DocHandle<T>; saved(): Promise<void> }> {
  const repo = new Repo({ storage: new IndexedDBStorageAdapter(name) })
  const known = localStorage.getItem(name)
  const handle = known ? await repo.find<T>(known as DocumentId) : repo.create<T>(empty)
  localStorage.setItem(name, handle.url)
  return { handle, saved: () => repo.flush() }
}

type People = Record<string, Person>

async function database({ name }: Opening): Promise<Database> {
  const { handle, saved } = await opened<{ people: People }>(name, { people: {} })
  const stored = () => handle.doc().people
  const get = (id: string): Person | undefined => stored()[id]
  const change = async (work: (people: People) => void) => {
    handle.change(({ people }) => work(people))
    await saved()
  }
  const putMany = (changed: readonly Person[]) =>
    change((people) => {
      for (const one of changed) people[one._id] = one
    })
  const filter = (test: (person: Person) => boolean) => Object.values(stored()).filter(test)
  return {
    ready: async () => undefined,
    insertMany: putMany,
    putMany,
    put: (person) => putMany([person]),
    patchMany: (patches) =>
      change((people) => {
        for (const { id, changes } of patches) Object.assign(people[id] as Person, changes)
      }),
    get: async (id) => get(id),
    getMany: async (ids) => ids.map(get),
    scan: async (wanted) => filter((person) => isWanted(wanted, person)),
    count: async () => Object.keys(stored()).length,
    ofAge: async (age) => filter((person) => person.age === age),
    fromAge: async (age, limit) => firstFromAge(Object.values(stored()), age, limit),
    page: async (wanted) =>
      sortedPageOf(
        wanted,
        filter((person) => person.city === wanted.city),
      ),
    watchCity(city, listener) {
      const tell = () => listener(filter((person) => person.city === city))
      handle.on("change", tell)
      tell()
      return () => handle.off("change", tell)
    },
  }
}

export const driver: Driver = {
  open: database,
  async openText(name) {
    const { handle, saved } = await opened(name, { body: "" })
    return {
      insert: (at, added) => handle.change((doc) => splice(doc, ["body"], at, 0, added)),
      remove: (at, count) => handle.change((doc) => splice(doc, ["body"], at, count)),
      value: () => handle.doc().body,
      saved,
    }
  },
}
