export { riverLayer } from "./base-layers.ts"
export { useCursorPoints } from "./cursor-points.ts"
export { setFocus } from "./focus.ts"
export { useCamera } from "./furniture.tsx"
export { hiddenStore, useHidden } from "./hidden.ts"
export {
  circle,
  type Feature,
  goTo,
  makeMap,
  mapElement,
  mapStore,
  metresBetween,
  pickStore,
  readyStore,
  setData,
} from "./instance.ts"
export { Legend } from "./legend.tsx"
export { pickedPointStore, pointsHeardStore, pointsLiveStore, usePointStatus } from "./points.ts"
export { showRisk } from "./risk.ts"
export { MapHelp } from "./search/index.tsx"
export { MapSlot } from "./slot.tsx"
export * from "./work.ts"
