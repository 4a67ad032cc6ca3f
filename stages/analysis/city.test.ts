import { expect, test } from "vitest"
import type { CityView } from "../../lifelines/contract.ts"
import { packCity, unpackCity } from "./city.ts"

test("a packed city comes back as it was", () => {
  const point = { name: "一号井", lifeline: "gas", indicator: "methane_vol_pct", unit: "%VOL", interval_ms: 10_000 }
  const rest = { value_kind: "instant" as const, asset_code: null, area_code: "东区" }
  const city: CityView = {
    points: [
      { ...point, ...rest, id: 7, device_code: "CH4-1", lon_lat: [117.28, 31.86] },
      { ...point, ...rest, id: 9, device_code: "CH4-2", lon_lat: null, area_code: null, asset_code: "W1" },
      { ...point, ...rest, id: 8, device_code: "CH4-2", lon_lat: [117.28, 31.86], name: "" },
    ],
    areas: [],
    clock_mode: "real",
  }
  expect(unpackCity(structuredClone(packCity(city)))).toEqual(city)
  const empty: CityView = { points: [], areas: [], clock_mode: "demo" }
  expect(unpackCity(packCity(empty))).toEqual(empty)
})
