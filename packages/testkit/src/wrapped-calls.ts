/**
 * An object around an object. Owns: the one place through which every call of what is wrapped goes.
 * Must not know why calls are delayed, failed or recorded.
 */

/** A call by the name of its method. */
export interface NamedCall<Name extends string> {
  readonly name: Name
  /** What the call was given. */
  readonly parameters: readonly unknown[]
}

/** Does a call, or something else. */
export type AroundCall<Name extends string> = (call: NamedCall<Name>, run: () => Promise<unknown>) => Promise<unknown>

/** The methods of `target` that `names` has, each going through `around`. */
export function wrapCalls<Name extends string>(
  target: Readonly<Record<Name, (...parameters: never[]) => unknown>>,
  names: Readonly<Record<Name, 0>>,
  around: AroundCall<Name>,
): Record<Name, (...parameters: unknown[]) => Promise<unknown>> {
  const calls = (Object.keys(names) as Name[]).map((name) => {
    const run = target[name].bind(target) as (...parameters: readonly unknown[]) => Promise<unknown>
    const call = (...parameters: readonly unknown[]) => around({ name, parameters }, () => run(...parameters))
    return [name, call] as const
  })
  return Object.fromEntries(calls) as Record<Name, (...parameters: unknown[]) => Promise<unknown>>
}
