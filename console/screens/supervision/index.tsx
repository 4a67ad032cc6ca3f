import { useCity } from "../../api.ts"
import { City } from "./city.tsx"
import { Province } from "./province.tsx"

/** 监管: a city's day in numbers, or the cities of a province. */
export default function Supervision() {
  const city = useCity().data
  if (!city) return null
  return city.level === "province" ? <Province /> : <City />
}
