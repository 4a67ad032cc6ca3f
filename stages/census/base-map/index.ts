/** The base map (底图): streets, water and buildings of the city's own files, so that the map needs no outside service. */
import Type from "typebox"
import { ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { transaction } from "../../../platform/sql/index.ts"
import { readTables } from "../../../platform/tables/index.ts"
import type { Census } from "../types.ts"
import { type BaseLayers, featuresOf, inDegrees, layerOf } from "./layers.ts"
import { BaseMapAnswer } from "./views.ts"

const file_bytes_max = 1024 ** 3
const features_max = 500_000

/** Registers the route that replaces the base map by a file. */
export function installBaseMap(app: App, census: Census): void {
  app.http.route({
    method: "POST",
    url: "/api/census/base-map",
    permission: "census.write",
    summary:
      "Replace the base map by a file: an OSM extract (.osm.pbf, .osm.gz), GeoJSON, GeoPackage or zipped Shapefile",
    query: Type.Object({ file_name: Type.String({ minLength: 1, maxLength: 200 }) }),
    stream: true,
    response: BaseMapAnswer,
    async handler({ query, body, caller }) {
      const stored = await app.files.put(body ?? [], file_bytes_max)
      if (!stored.ok) throw new ProblemError(stored.problem)
      const file = await app.files.stream(stored.value.hash)
      if (!file) throw new Error(`${stored.value.hash} was stored and is not there`)
      file.content.destroy()
      const { layers, left_out } = await layersOfFile(String(file.content.path), query.file_name)
      await transaction(app.sql.db, async (tx) => {
        await census.setBaseMap(tx, layers)
        await app.audit(tx, caller, "base-map", query.file_name, { hash: stored.value.hash })
      })
      await census.reload()
      const counts = Object.entries(layers).map(([layer, { length }]) => ({ layer, features: length }))
      return { layers: counts, left_out }
    },
  })
}

/** Reads a file into layers; a ProblemError says why nothing of it can be a base map. */
export async function layersOfFile(
  path: string,
  file_name: string,
): Promise<{ layers: BaseLayers; left_out: string[] }> {
  const layers: BaseLayers = {}
  const left_out: string[] = []
  let count = 0
  for await (const table of readTables(path, file_name)) {
    const layer = layerOf(table)
    if (layer === null || !inDegrees(table)) {
      left_out.push(table.name)
      continue
    }
    const features = featuresOf(table, layer)
    count += features.length
    if (count > features_max) throw new ProblemError(tooMany)
    layers[layer] = (layers[layer] ?? []).concat(features)
  }
  if (count === 0) throw new ProblemError(nothing(left_out))
  return { layers, left_out }
}

const tooMany = problem(
  "base-map-refused",
  422,
  `底图要素多于 ${features_max} 个，请先裁剪到本市`,
  `The base map has more than ${features_max} features; cut it to the city first`,
  { field: "file_name" },
)
const nothing = (names: string[]) =>
  problem(
    "base-map-refused",
    422,
    `文件中没有可作底图的图层（须为经纬度，图层名含 道路/水系/建筑/铁路/地名）：${names.join("、").slice(0, 100)}`,
    `The file has no layer for a base map (degrees; layers named road, water, building, rail, label): ${names.join(", ").slice(0, 100)}`,
    { field: "file_name" },
  )
