/** What the cases of the suite share: how they open a database, and how they wait and compare. */
import { collection, counter, type Database, type Definitions, isFixpointError, type Options, set } from "fixpoint"

/** Opens a database of a fresh name, or of the one given. */
export type Open = <const D extends Definitions = Record<never, never>>(
  options?: Options<D>,
  name?: string,
) => Database<D>

/** What most cases write. */
export interface Todo {
  readonly _id?: string
  readonly title: string
  readonly done?: boolean
  readonly n?: number
  readonly tags?: readonly string[]
  readonly votes?: number
  readonly meaning?: readonly number[]
  readonly address?: { readonly city: string; readonly zip?: string }
}

/** What a promise rejects with, as code and path. */
export async function refusal(work: () => unknown): Promise<string> {
  try {
    await work()
    return "nothing"
  } catch (error) {
    if (!isFixpointError(error)) throw error
    const { path } = error.details
    return typeof path === "string" && path !== "" ? `${error.code} ${path}` : error.code
  }
}

/** Resolves with what `listen` is first called with for which `test` holds. */
export function until<T>(listen: (told: (value: T) => void) => unknown, test: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => listen((value) => test(value) && resolve(value)))
}

/** The declaration of the collection. */
export const todos = () => ({
  todos: collection<Todo>({
    fields: { votes: counter(), tags: set() },
    search: ["title", { path: "tags", weight: 1 }],
    vectors: { meaning: 2 },
  }),
})

/** The ids of documents, one after the other. */
export const ids = (documents: readonly { readonly _id: string }[]) => documents.map(({ _id }) => _id).join("")

/** Opens a database with the collection "todos", and closes it after the case. */
export type OpenTodos = (options?: Omit<Options, "collections">, name?: string) => Database<ReturnType<typeof todos>>

/** Cases by title. */
export type Cases = Readonly<Record<string, (openTodos: OpenTodos) => Promise<void>>>
