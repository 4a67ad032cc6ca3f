export type { Place } from "./hand.ts"
export {
  type Drawing,
  type Flag,
  type Found,
  type Role,
  useDrawing,
  useFit,
  useFlags,
  useFound,
  useHand,
  useToolLayers,
} from "./use-tools.ts"
