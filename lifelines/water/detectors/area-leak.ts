/** Leaks of an area as one rule: by the water balance where it has flow meters, by its pressures alone where not. */
import type { Detector } from "../../contract.ts"
import { type BalanceState, balanceDetector } from "./balance.ts"
import { type PressureFallState, pressureFallDetector } from "./pressure-fall.ts"

type State = { by: "balance"; state: BalanceState } | { by: "pressures"; state: PressureFallState }

export const areaLeakDetector: Detector<State> = {
  ...balanceDetector,
  subjects: (city) => [
    ...balanceDetector.subjects(city),
    // An array of sensors is what the pressure detector keeps of the city.
    ...pressureFallDetector.subjects(city),
  ],
  start: (subject) =>
    Array.isArray(subject.facts)
      ? { by: "pressures", state: pressureFallDetector.start(subject) }
      : { by: "balance", state: balanceDetector.start(subject) },
  step(saved, slice, context) {
    if (saved.by === "pressures") {
      const { state, findings } = pressureFallDetector.step(saved.state, slice, context)
      return { state: { by: "pressures", state }, findings }
    }
    const { state, findings } = balanceDetector.step(saved.state, slice, context)
    return { state: { by: "balance", state }, findings }
  },
}
