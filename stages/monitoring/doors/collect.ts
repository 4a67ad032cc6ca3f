import {
  appendBlock,
  appendReading,
  conversion,
  fail,
  ok,
  type Problem,
  problem,
  quality,
  type Result,
} from "../../../model/index.ts"
import { decodeBlocks, encodeBlocks, type WireBlock } from "../../../platform/blocks/index.ts"
import type { Decoded, SaidValue } from "../decode.ts"
import type { Delivery, Refusal } from "./delivery.ts"
import type { Directory, DoorPoint } from "./directory.ts"

/** Values of one message that are refused one by one; the rest of them are one line with the whole message. */
export const refused_a_message_max = 20

/** Who sends: `gateway` is set where only devices of this gateway may be spoken for. */
export type Sender = { door: string; client: string; topic: string; gateway: { id: number } | null }

/** What the sender is told about one message. */
export type Told = { problems: Problem[]; refused: number }

/** Keeps a message's refusals few: the first are told one by one, the rest are one line with the whole message. */
function refusals(sender: Sender, payload: Uint8Array, into: Delivery) {
  const told: Told = { problems: [], refused: 0 }
  const put = (found: Problem, bytes: Uint8Array, quarantined: boolean) => {
    if (quarantined) {
      const { door, client, topic } = sender
      // A copy: the payload is a view on the connection's buffer.
      into.refused.push({ door, client, topic, payload: Buffer.from(bytes), problem: found } satisfies Refusal)
    }
    told.problems.push(found)
  }
  return {
    add(found: Problem, bytes: Uint8Array | null, quarantined = true) {
      if (++told.refused <= refused_a_message_max) put(found, bytes ?? payload, quarantined)
    },
    end(): Told {
      const more = told.refused - refused_a_message_max
      if (more > 0) put(moreRefused(more), payload, true)
      return told
    },
  }
}

/** Puts the values of a decoded message into a delivery: by point number, in the point's unit. */
export function collectValues(
  directory: Directory,
  decoded: Decoded,
  payload: Uint8Array,
  sender: Sender,
  into: Delivery,
): Told {
  const list = refusals(sender, payload, into)
  for (const p of decoded.problems) list.add(p.problem, null)
  for (const said of decoded.values) {
    const point = pointOf(directory, said.device, said.indicator, sender)
    if (!point.ok) {
      const adoptable = unknown_codes.has(point.problem.code)
      if (adoptable) into.unknown.push({ door: sender.door, client: sender.client, ...said })
      list.add(point.problem, Buffer.from(JSON.stringify(said)), !adoptable)
      continue
    }
    const value = canonical(said, point.value)
    if (!value.ok) list.add(value.problem, Buffer.from(JSON.stringify(said)))
    else
      into.readings = appendReading(into.readings, point.value.id, said.time, said.sequence, value.value, said.flags, 0)
  }
  return list.end()
}

function canonical(said: SaidValue, point: DoorPoint): Result<number> {
  if (point.spec.waveform) return fail(waveformExpected(said.indicator))
  if (said.unit === null || said.unit === point.unit) return ok(said.value)
  const factor = conversion(point.spec.dimension, said.unit, point.unit)
  if (!factor.ok) return factor
  const value = said.value * factor.value
  return Number.isFinite(value) ? ok(value) : fail(tooLargeANumber(said.value))
}

/** Puts the waveform blocks of a message into a delivery. `topic_device` is the device of a device topic. */
export function collectBlocks(
  directory: Directory,
  payload: Uint8Array,
  topic_device: string | null,
  sender: Sender,
  into: Delivery,
): Told {
  const list = refusals(sender, payload, into)
  const decoded = decodeBlocks(payload, (block) => {
    const device = topic_device ?? block.device
    const point = pointOf(directory, device, block.indicator, sender)
    const scaled = point.ok ? scaleOf(block, point.value) : point
    if (!point.ok && unknown_codes.has(point.problem.code))
      into.unknown.push({ door: sender.door, client: sender.client, ...firstSample(block), device })
    if (!point.ok || !scaled.ok)
      return list.add((scaled as { problem: Problem }).problem, encodeBlocks([{ ...block, device }]))
    const { scale, offset } = scaled.value
    const flags = block.flags | (withinRange(block, scale, offset, point.value.spec) ? 0 : quality.range)
    into.blocks = appendBlock(into.blocks, {
      point: point.value.id,
      start: block.start,
      sequence: block.sequence,
      rate_hz: block.rate_hz,
      count: block.count,
      encoding: block.encoding,
      scale,
      offset,
      quality: flags,
      arrived: 0,
      data: block.data,
    })
  })
  if (!decoded.ok) list.add(decoded.problem, null)
  else for (const p of decoded.value.problems) list.add(p, null)
  return list.end()
}

/** The first sample of a block as a value, so that an unknown device is seen in the adoption list. */
function firstSample(b: WireBlock): SaidValue {
  const view = new DataView(b.data.buffer, b.data.byteOffset, b.data.length)
  const raw = b.encoding === 0 ? view.getInt16(0, true) : view.getFloat32(0, true)
  const { device, indicator, sequence, flags } = b
  return { device, indicator, time: b.start, sequence, value: raw * b.scale + b.offset, unit: b.unit || null, flags }
}

function scaleOf(block: WireBlock, point: DoorPoint): Result<{ scale: number; offset: number }> {
  const { waveform } = point.spec
  if (!waveform) return fail(notAWaveform(block.indicator))
  if (block.rate_hz < waveform.rate_hz_min || block.rate_hz > waveform.rate_hz_max)
    return fail(wrongRate(block.rate_hz, waveform.rate_hz_min, waveform.rate_hz_max))
  if (block.unit === "" || block.unit === point.unit) return ok({ scale: block.scale, offset: block.offset })
  const factor = conversion(point.spec.dimension, block.unit, point.unit)
  if (!factor.ok) return factor
  const scaled = { scale: block.scale * factor.value, offset: block.offset * factor.value }
  const usable = Number.isFinite(scaled.scale) && scaled.scale !== 0 && Number.isFinite(scaled.offset)
  return usable ? ok(scaled) : fail(tooLargeANumber(block.scale))
}

function withinRange({ data, count, encoding }: WireBlock, scale: number, offset: number, spec: DoorPoint["spec"]) {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  if (encoding === 0) {
    for (let k = 0, p = 0; k < count; k++, p += 2) {
      const raw = ((data[p]! | (data[p + 1]! << 8)) << 16) >> 16
      if (raw < low) low = raw
      if (raw > high) high = raw
    }
  } else {
    const view = new DataView(data.buffer, data.byteOffset, data.length)
    for (let k = 0; k < count; k++) {
      const raw = view.getFloat32(k * 4, true)
      if (raw < low) low = raw
      if (raw > high) high = raw
    }
  }
  const a = low * scale + offset
  const b = high * scale + offset
  return Math.min(a, b) >= spec.min && Math.max(a, b) <= spec.max
}

function pointOf(directory: Directory, device: string, indicator: string, sender: Sender): Result<DoorPoint> {
  const { gateway } = sender
  const points = directory.points(device)
  const point = points?.get(indicator)
  if (point && (!gateway || point.device.gateway_id === gateway.id)) return ok(point)
  if (!points) return fail(unknownDevice(device))
  if (gateway && directory.device(device)?.gateway_id !== gateway.id) return fail(wrongGateway(device))
  return fail(unknownPoint(device, indicator, [...points.keys()].join(", ")))
}

/** Problems after which a value waits in the adoption list instead of quarantine. */
const unknown_codes = new Set(["unknown-device", "unknown-point"])

export const unknownDevice = (device: string) =>
  problem(
    "unknown-device",
    404,
    `设备 ${device} 未登记；读数已留在待认领列表`,
    `The device ${device} is not registered; its readings wait in the adoption list`,
    { field: "device", value: device },
  )
const unknownPoint = (device: string, indicator: string, names: string) =>
  problem(
    "unknown-point",
    404,
    `设备 ${device} 没有指标 ${indicator}，已登记：${names}`,
    `The device ${device} has no indicator ${indicator}; it has ${names}`,
    { field: "indicator", value: indicator },
  )
const wrongGateway = (device: string) =>
  problem("wrong-gateway", 403, `设备 ${device} 不属于此网关`, `The device ${device} does not belong to this gateway`, {
    field: "device",
    value: device,
  })
const waveformExpected = (indicator: string) =>
  problem(
    "waveform-expected",
    400,
    `${indicator} 是波形指标，请按波形块发送`,
    `${indicator} is a waveform; send it in waveform blocks`,
    { field: "indicator", value: indicator },
  )
const notAWaveform = (indicator: string) =>
  problem(
    "not-a-waveform",
    400,
    `${indicator} 不是波形指标，请按普通读数发送`,
    `${indicator} is not a waveform; send it as readings`,
    { field: "indicator", value: indicator },
  )
const wrongRate = (rate: number, min: number, max: number) =>
  problem(
    "wrong-rate",
    400,
    `采样率 ${rate} Hz 不在 ${min}–${max} Hz 之间`,
    `The rate of ${rate} Hz is not within ${min}–${max} Hz`,
    { field: "rate_hz", value: rate },
  )
const tooLargeANumber = (value: number) =>
  problem(
    "not-a-number",
    400,
    "数值换算单位后超出范围，请检查单位",
    "The value is beyond all numbers after conversion; check its unit",
    { field: "value", value },
  )
const moreRefused = (more: number) =>
  problem(
    "more-refused",
    400,
    `此报文另有 ${more} 个值被拒绝，先改正前 ${refused_a_message_max} 个`,
    `${more} more values of this message were refused; correct the first ${refused_a_message_max}`,
    { field: "payload", value: more },
  )
