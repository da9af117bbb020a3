/** Commands on the browser itself, past Fixpoint: what a database left in it, byte for byte, and a control to compare with. */
import { databaseNames, openDatabase } from "./stored.ts"

/** The commands. */
export const platform = {
  ping: (): string => navigator.userAgent,

  databaseNames,

  /** A database without Fixpoint, in clear: what a scan of the profile must find. */
  async writeControl(name: string, values: readonly string[]): Promise<void> {
    const db = await openDatabase(name, ["control"])
    const transaction = db.transaction("control", "readwrite", { durability: "strict" })
    for (const [at, value] of values.entries()) transaction.objectStore("control").put(value, at)
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"))
    })
    db.close()
  },

  /** Keeps the page's thread busy, so that its process can be told from the others by its share of the processor. */
  spin(ms: number): void {
    const end = performance.now() + ms
    while (performance.now() < end) Math.sqrt(end)
  },

  reload(): void {
    setTimeout(() => location.reload(), 0)
  },
}
