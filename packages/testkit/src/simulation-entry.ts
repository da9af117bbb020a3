/**
 * The entry `@fixpoint/testkit/simulation`: whole engines around a bucket, from one seed.
 */
export { checkProgress, checkSight } from "./engine/engine-checks.ts"
export { TokenBook } from "./engine/token-book.ts"
export {
  EngineSimulation,
  type EngineSimulationOptions,
  type EngineSimulationReport,
  simulateEngines,
} from "./engine/engine-simulation.ts"
