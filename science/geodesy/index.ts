export { type ControlPoint, type FitPoint, type FitReport, fitBursaWolf, fitSimilarity } from "./fit.ts"
export {
  coarseDegrees,
  type ProposalGroup,
  proposeSystems,
  type SystemProposal,
  type SystemProposals,
} from "./propose.ts"
export { type CoordinateSystem, coordinateSystem, knownSystems } from "./systems.ts"
export type { BursaWolf, Similarity, SystemDefinition, TransverseMercator } from "./types.ts"
export { fromWkt } from "./wkt.ts"
