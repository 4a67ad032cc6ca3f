export { type CityFigures, type CityOptions, inventCity } from "./city.ts"
export {
  type DeliveryFormat,
  type DeliveryOptions,
  delivery_formats,
  inventNetwork,
  inventSurvey,
  type Planted,
} from "./delivery.ts"
