export { type DeadEnds, deadEnds } from "./dead-ends.ts"
export {
  type Components,
  components,
  type Element,
  type NetworkGraph,
  type NetworkInput,
  networkGraph,
  type Reach,
  trace,
} from "./graph.ts"
export { type IsolateOptions, type Isolation, isolate, suppliedSegments } from "./isolate.ts"
export { type Path, shortestPath } from "./path.ts"
export { elementsOf, segmentOf, type ValveSegments, type Valves, valveSegments } from "./valves.ts"
