/**
 * A copy of arguments, for calls that have to wait before anybody reads them. Owns: what is copied.
 * Invariant: the copy is refused or stored as the original would have been: plain objects and arrays are copied, everything that
 * a copy could make look better than it is stays what it is.
 */

/** No document is nested deeper, so what is holds itself, or will be refused for it. */
const depthMax = 64

/** A copy that does not change with the original. */
export const snapshot = <V>(value: V): V => copyOf(value, 0) as V

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > depthMax) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  // Holes stay holes.
  if (Array.isArray(value)) return value.map((element) => copyOf(element, depth + 1))
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value
  const fields = Object.getOwnPropertyDescriptors(value)
  for (const key of Reflect.ownKeys(fields)) {
    const field = fields[key as never] as PropertyDescriptor
    if ("value" in field) field.value = copyOf(field.value, depth + 1)
  }
  return Object.create(prototype, fields)
}
