import { covers, type Problem, problem, type Scope } from "../../../model/index.ts"
import type { Decoded, SaidValue } from "../decode.ts"
import { collectBlocks, collectValues, refused_a_message_max, type Sender } from "./collect.ts"
import { type Delivery, newDelivery, type Receipt } from "./delivery.ts"
import type { Directory } from "./directory.ts"
import type { Item } from "./http-items.ts"

/** Who sends over HTTP, and for which devices it may speak. */
export type HttpSender = {
  /** Name in quarantine, limits and idempotency keys: a device's code or `token:7`. */
  name: string
  /** Set where the sender is a device that speaks only for itself. */
  own_device: string | null
  /** Set where the sender is a gateway: only its devices. */
  gateway: { id: number } | null
  /** Scopes of a token; null where the device's own credential was given. */
  scopes: readonly Scope[] | null
}

/** Owner, lifeline and areas of a device, as scopes cover them. */
export type DevicePlace = { owner_id: number | null; lifeline: string; area_ids: readonly number[] }

/** One thing of a body that was not taken. `item` is the line or the place in the list. */
export type Told = { item: number | null; problem: Problem }

/** So many refusals of one body are told one by one; the others are counted. */
export const told_max = 100

/** A body on its way into one delivery. */
export type Load = {
  delivery: Delivery
  told: Told[]
  refused: number
  /** Refusals that are not in quarantine one by one. */
  dropped: number
  /** What each reading of the delivery came from: its item, or the value whose item is looked up when it is refused. */
  rows: (number | SaidValue | null)[]
}

export const newLoad = (rows = 64): Load => ({
  delivery: { ...newDelivery("http", rows), messages: 1 },
  told: [],
  refused: 0,
  dropped: 0,
  rows: [],
})

export type Collecting = {
  directory: Directory
  /** Undefined for a device that nobody has registered. */
  place_of(device: string): DevicePlace | undefined
  sender: HttpSender
  /** The route, for quarantine. */
  topic: string
}

const senderOf = ({ sender, topic }: Collecting): Sender => ({
  door: "http",
  client: sender.name,
  topic,
  gateway: sender.gateway,
})

/**
 * Puts an item's values into the load's delivery, and what is wrong with them into its list. `itemOf` names the item of
 * a value where the values of many come as one.
 */
export function collectItem(load: Load, item: Item, c: Collecting, itemOf?: (said: SaidValue) => number | null) {
  const { problems, values } = item.decoded
  if (problems.length > 0) refuse(load, item.at, { values: [], problems }, item.bytes(), c)
  for (const said of values) {
    const outside = outsideScope(said.device, c)
    const [rows, refused] = [load.delivery.readings.n, load.refused]
    if (outside) {
      const place = itemOf ? itemOf(said) : item.at
      refuse(load, place, { values: [], problems: [{ problem: outside, device: said.device }] }, item.bytes(), c)
    } else refuse(load, item.at, { values: [said], problems: [] }, nothing, c)
    if (load.delivery.readings.n > rows) load.rows.push(itemOf ? said : item.at)
    else if (itemOf && load.refused > refused && load.told.length <= told_max) load.told.at(-1)!.item = itemOf(said)
  }
}

const nothing = new Uint8Array()

/** Lets the one path sort a piece, and keeps what it refuses within bounds. */
function refuse(load: Load, at: number | null, decoded: Decoded, bytes: Uint8Array, c: Collecting) {
  const kept = load.delivery.refused.length
  const { problems, refused } = collectValues(c.directory, decoded, bytes, senderOf(c), load.delivery)
  load.refused += refused
  // What is past the limit is one entry in the end: a body of nothing but errors must not fill quarantine.
  const most = Math.max(kept, refused_a_message_max)
  load.dropped += Math.max(0, load.delivery.refused.length - most)
  if (load.delivery.refused.length > most) load.delivery.refused.length = most
  for (const found of problems) if (load.told.length < told_max) load.told.push({ item: at, problem: found })
}

/** One entry in quarantine, with the beginning of the body, for all that is not there one by one. */
export function addDropped(load: Load, body: Uint8Array, c: Collecting) {
  if (load.dropped === 0) return
  const { door, client, topic } = senderOf(c)
  load.delivery.refused.push({ door, client, topic, payload: Buffer.from(body), problem: moreRefused(load.dropped) })
}

/** Puts a message of waveform blocks into the load's delivery. */
export function collectWaveforms(load: Load, body: Uint8Array, c: Collecting) {
  // Devices outside a token's scope do not exist for it.
  const directory = isWhole(c.sender.scopes)
    ? c.directory
    : { ...c.directory, points: (code: string) => (outsideScope(code, c) ? undefined : c.directory.points(code)) }
  const { problems, refused } = collectBlocks(directory, body, c.sender.own_device, senderOf(c), load.delivery)
  load.refused += refused
  for (const found of problems) {
    const block = /^blocks\[(\d+)\]/.exec(found.field ?? "")?.[1]
    load.told.push({ item: block === undefined ? null : Number(block), problem: found })
  }
}

/** What the receipt refused of the load, joined to what was refused before. */
export function addRefusedRows(load: Load, receipt: Receipt, itemOf?: (said: SaidValue) => number | null) {
  load.refused += receipt.refused.length
  for (const { kind, row, problem: found } of receipt.refused) {
    if (load.told.length >= told_max) return
    const from = kind === "reading" ? (load.rows[row] ?? null) : load.refused === receipt.refused.length ? row : null
    load.told.push({ item: typeof from === "object" ? from && (itemOf?.(from) ?? null) : from, problem: found })
  }
}

const isWhole = (scopes: readonly Scope[] | null) =>
  scopes === null || scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")

/** The problem of a token that speaks for a known device outside its scope. */
function outsideScope(device: string, { sender, place_of }: Collecting): Problem | null {
  if (isWhole(sender.scopes)) return null
  const place = place_of(device)
  // A device that nobody knows has no place: its values wait for adoption, whoever sent them.
  return place === undefined || covers(sender.scopes!, place) ? null : outside(device)
}

const outside = (device: string) =>
  problem(
    "outside-scope",
    403,
    `设备 ${device} 不在此令牌的范围内`,
    `The device ${device} is outside the scope of this token`,
    { field: "device", value: device },
  )

const moreRefused = (more: number) =>
  problem(
    "more-refused",
    400,
    `此报文另有 ${more} 个值被拒绝，先改正前 ${refused_a_message_max} 个`,
    `${more} more values of this message were refused; correct the first ${refused_a_message_max}`,
    { field: "payload", value: more },
  )
