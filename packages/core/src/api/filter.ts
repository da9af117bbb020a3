/** Conditions on documents. Owns: the operators of `where`, and the tree that they stand in. What they mean is in query/filter.ts. */
import type { Json } from "../base/json.ts"

/** A condition on one field: operator and operand, encoded. */
export interface FieldCondition {
  readonly path: string
  readonly operator: Operator
  readonly operand: Json
}

/** The operators of `where`. */
export type Operator =
  | "eq"
  | "ne"
  | "gt"
  | "gte"
  | "lt"
  | "lte"
  | "in"
  | "nin"
  | "between"
  | "startsWith"
  | "has"
  | "hasAny"
  | "hasAll"
  | "exists"

/** A filter as a tree. An empty `and` holds for every document. */
export type Filter =
  | { readonly kind: "field"; readonly condition: FieldCondition }
  | { readonly kind: "and" | "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
