import {
  type BlockBatch,
  blockBatch,
  type Problem,
  type ReadingBatch,
  readingBatch,
  type Tick,
} from "../../../model/index.ts"

/** Something a door could not make a reading of; it goes to quarantine as it came. */
export type Refusal = { door: string; client: string; topic: string; payload: Uint8Array; problem: Problem }

/** A value of a device, or of an indicator of a device, that nobody has registered: kept for adoption. */
export type UnknownValue = {
  door: string
  /** Who sent it: the user name of the gateway or token. */
  client: string
  device: string
  indicator: string
  time: number
  sequence: number
  value: number
  unit: string | null
  flags: number
}

/**
 * What a door hands over, made of one message or of many: everything is known by point number and in the point's
 * canonical unit. `quality` holds only what the device says of itself; `arrived` is set by the intake.
 */
export type Delivery = {
  /** "mqtt", "http" …, as quarantine names it. */
  door: string
  readings: ReadingBatch
  /** At their place among the readings. */
  ticks: Tick[]
  blocks: BlockBatch
  refused: Refusal[]
  unknown: UnknownValue[]
  messages: number
}

export const newDelivery = (door: string, rows = 64): Delivery => ({
  door,
  readings: readingBatch(rows),
  ticks: [],
  blocks: blockBatch(),
  refused: [],
  unknown: [],
  messages: 0,
})

/** What became of a delivery once it is durable. Rows are those of the delivery. */
export type Receipt = {
  batch: number
  readings: number
  blocks: number
  duplicates: number
  /** Rows that were not taken (from the future, too old, a conflict with what stands); they are in quarantine. */
  refused: { kind: "reading" | "block"; row: number; problem: Problem }[]
}

/** The one path behind every door; resolves when everything in the delivery is durable. Deliveries keep their order. */
export type Take = (delivery: Delivery) => Promise<Receipt>
