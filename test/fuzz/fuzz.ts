/**
 * Runs of one fuzz target. Owns: what counts as a failure, which inputs are kept as new, and what a run comes to.
 * Invariant: what reads an input gives a value, or an error with a code that is not INTERNAL; it spends less than the budget on
 * it, and no prototype is changed. Inputs with an outcome that was not seen before are changed further.
 * Must not know any format.
 */
import { createDice, type Dice, pick } from "@fixpoint/testkit"
import { mutateBytes, mutateText, mutateTree, type Tree } from "./mutation.ts"

/** Bytes or text, as a decoder gets them. */
export type Input = Uint8Array | string

/** One decoder. */
export interface Target {
  readonly name: string
  readonly samples: () => Promise<readonly Input[]> | readonly Input[]
  /** Gives an input to the decoder; the result says what kind of value it was. Throws what the decoder throws. */
  readonly run: (input: Input) => unknown
  /** For inputs that are a form of values: the parts of values are changed too. */
  readonly tree?: {
    readonly parse: (input: Input) => Tree
    readonly format: (tree: Tree) => Input
    readonly bytes: boolean
  }
  /** Cost of one execution in those of a cheap one. */
  readonly weight: number
  /** For decoders that tell all damage by one code. */
  readonly outcomesMin?: 1
}

/** What a run came to. */
export interface FuzzReport {
  readonly executions: number
  readonly accepted: number
  /** How often each outcome came. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly slowestMs: number
}

/** An input that breaks the rules, and how. */
export interface Failure {
  readonly input: Input
  readonly why: string
  readonly cause?: unknown
}

/** CPU time that one input may take. */
const budgetMs = 250
const keptMax = 400

const isCoded = (
  error: unknown,
): error is { readonly code: string; readonly details?: Readonly<Record<string, unknown>> } =>
  error instanceof Error && error.name === "FixpointError" && (error as { readonly code?: unknown }).code !== "INTERNAL"

const prototypes = [Object, Array, String, Number, Function, Promise, Map, Set, Uint8Array, Error]
const namesOf = () => prototypes.map(({ prototype }) => Reflect.ownKeys(prototype).length).join()
const untouched = namesOf()

/** One execution: the outcome in a word, or why it is a failure. */
async function execute(target: Target, input: Input): Promise<{ outcome: string; ms: number; failure?: Failure }> {
  const before = process.cpuUsage()
  let outcome: string
  let failure: Failure | undefined
  try {
    const result = await target.run(input)
    outcome = `value ${typeof result === "string" ? result : ""}`
  } catch (error) {
    outcome = isCoded(error) ? `${error.code} ${JSON.stringify(error.details?.["part"] ?? "")}` : "uncoded"
    if (!isCoded(error)) failure = { input, why: `an error without a code: ${String(error)}`, cause: error }
  }
  const { user, system } = process.cpuUsage(before)
  if (namesOf() !== untouched) failure = { input, why: "a prototype was changed" }
  return { outcome, ms: (user + system) / 1000, ...(failure && { failure }) }
}

/** Executes one input; gives what is wrong with it. A slow one is slow three times: the collector's time is not the decoder's. */
export async function judge(
  target: Target,
  input: Input,
  maxMs = budgetMs,
): Promise<Failure | { outcome: string; ms: number }> {
  let best = await execute(target, input)
  for (let again = 0; again < 2 && best.ms > maxMs; again++) {
    const next = await execute(target, input)
    if (next.ms < best.ms) best = next
  }
  if (best.failure !== undefined) return best.failure
  if (best.ms > maxMs) return { input, why: `it took ${best.ms} ms of CPU time` }
  return best
}

function mutate(target: Target, kept: readonly Input[], dice: Dice): Input {
  const input = pick(dice, kept)
  const other = pick(dice, kept)
  const { tree } = target
  if (tree !== undefined && dice.below(4) > 0) {
    try {
      return tree.format(mutateTree(tree.parse(input), dice, tree.bytes))
    } catch {
      // What has no tree, or a tree without a form, is changed as it lies there.
      return typeof input === "string" ? mutateText(input, dice, String(other)) : mutateRaw(input, other, dice)
    }
  }
  return typeof input === "string" ? mutateText(input, dice, String(other)) : mutateRaw(input, other, dice)
}

const mutateRaw = (input: Uint8Array, other: Input, dice: Dice): Uint8Array =>
  mutateBytes(input, dice, typeof other === "string" ? input : other)

/** So many executions from a seed, or until `isOver`; stops at the first failure. */
export async function fuzz(
  target: Target,
  { seed, executions, isOver = () => false }: { seed: number; executions: number; isOver?: () => boolean },
): Promise<FuzzReport | Failure> {
  const dice = createDice(seed)
  const kept = [...(await target.samples())]
  const outcomes = new Map<string, number>()
  let slowestMs = 0
  let done = 0
  for (; done < executions && !isOver(); done++) {
    const input = mutate(target, kept, dice)
    const judged = await judge(target, input)
    if ("why" in judged) return judged
    const { outcome, ms } = judged
    slowestMs = Math.max(slowestMs, ms)
    if (!outcomes.has(outcome) && kept.length < keptMax) kept.push(input)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const accepted = [...outcomes].reduce((sum, [outcome, count]) => sum + (outcome.startsWith("value") ? count : 0), 0)
  return { executions: done, accepted, outcomes, slowestMs }
}
