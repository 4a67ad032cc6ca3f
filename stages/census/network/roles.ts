/**
 * What a kind of asset does in a network, read off its declared symbol: the symbol family says what the thing is on a map,
 * and every lifeline names valves, tanks, stations and meters by it. One small function, so that a declaration of its own
 * can take its place.
 */
import type { AssetKind } from "../../../model/index.ts"

export type NetworkRole = "valve" | "source" | "consumer" | "hydrant" | "none"

/** A symbol that ends in "valve" shuts; sources, tanks, stations and reservoirs feed; meters and hydrants are supplied. */
export function roleOf({ symbol }: Pick<AssetKind, "symbol">): NetworkRole {
  if (/(^|-)valve$/.test(symbol)) return "valve"
  if (/(^|-)(source|tank|station|reservoir)$/.test(symbol)) return "source"
  if (/(^|-)meter$/.test(symbol)) return "consumer"
  if (/(^|-)hydrant$/.test(symbol)) return "hydrant"
  return "none"
}
