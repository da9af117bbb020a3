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
  SimulationFailure,
} from "./engine/engine-simulation.ts"
export { shrink, type Shrunk } from "./engine/shrinking.ts"
export { troubleKinds } from "./engine/swarm.ts"
