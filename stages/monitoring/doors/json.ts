import { fail, ok, type Result } from "../../../model/index.ts"
import { type Decoded, decodeReadings, instant, type SaidValue } from "../decode.ts"

export type JsonBody = {
  decoded: Decoded
  /** The place of a value's item in the list that was sent; null where one item was sent, or it cannot be told. */
  itemOf(said: SaidValue): number | null
}

/**
 * Reads a JSON body as MQTT gateways send it (docs/guide/topics.md). Values do not carry their place on the way in,
 * since almost all are taken; the place of one that is refused is looked up here.
 */
export function decodeJson(body: Uint8Array, topic_device: string | null): Result<JsonBody> {
  const decoded = decodeReadings(body, topic_device)
  if (!decoded.ok) return fail(decoded.problem)
  let places: Map<string, number> | null = null
  return ok({
    decoded: decoded.value,
    itemOf(said) {
      places ??= placesOf(body, topic_device)
      return places.get(keyOf(said.device, said.indicator, said.time, said.sequence)) ?? null
    },
  })
}

const keyOf = (device: string, indicator: string, time: number, sequence: number) =>
  `${device}\n${indicator}\n${time}\n${sequence}`

function placesOf(body: Uint8Array, topic_device: string | null): Map<string, number> {
  const places = new Map<string, number>()
  const items: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"))
  if (!Array.isArray(items)) return places
  for (const [place, item] of items.entries()) {
    const { time, sequence, device, values, readings } = (item ?? {}) as Record<string, unknown>
    const ms = instant(time)
    if (ms === null) continue
    const note = (code: string, map: unknown) => {
      if (typeof map !== "object" || map === null) return
      for (const indicator of Object.keys(map)) {
        const key = keyOf(code, indicator, ms, (sequence as number | undefined) ?? 0)
        if (!places.has(key)) places.set(key, place)
      }
    }
    if (typeof readings === "object" && readings !== null)
      for (const [code, map] of Object.entries(readings)) note(code, map)
    else note(topic_device ?? String(device), values)
  }
  return places
}
