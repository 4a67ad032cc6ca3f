/** Who is read and who waits: rate, messages under way, a full broker, a client that does not read; and the acks. */
import { type Broker, because, type Connection, type Held, isFull } from "./connection.ts"
import { putAck } from "./packets.ts"

/** What may wait in a socket for a client that does not read, bytes; errors beyond it are dropped, and reading pauses. */
export const unread_bytes_max = 64 * 1024

export function block(c: Connection, why: number): void {
  if (c.blocked === 0) c.socket.pause()
  c.blocked |= why
}

/** Takes one reason away; with the last one the rest of what came is handled, then the socket is read again. */
export function unblock(broker: Broker, c: Connection, why: number): void {
  if ((c.blocked & why) === 0) return
  c.blocked &= ~why
  if (c.blocked !== 0 || c.phase === "ending") return
  // While nobody listened the client could not be heard.
  c.heard_at = broker.now
  c.partial_since = Number.POSITIVE_INFINITY
  broker.read(c)
  if (c.blocked === 0) c.socket.resume()
}
/** Writes, and stops reading a client that leaves too much unread. */
export function write(broker: Broker, c: Connection, bytes: Buffer): void {
  const { socket } = c
  if (c.phase === "ending" || socket.destroyed || socket.writableEnded) return
  socket.write(bytes)
  if (socket.writableLength <= unread_bytes_max || (c.blocked & because.unread) !== 0) return
  c.unread_since = broker.now
  block(c, because.unread)
  socket.once("drain", () => {
    c.unread_since = Number.POSITIVE_INFINITY
    unblock(broker, c, because.unread)
  })
}

/** Takes a token for one packet; without one the connection waits. */
export function spend(broker: Broker, c: Connection): boolean {
  if (c.tokens < 1) {
    refill(broker, c)
    if (c.tokens < 1) {
      broker.counts.limited_total++
      broker.limited.add(c)
      block(c, because.rate)
      return false
    }
  }
  c.tokens--
  return true
}

const rateOf = (broker: Broker, c: Connection): number => c.session?.messages_per_s ?? broker.limits.messages_per_s

function refill(broker: Broker, c: Connection): void {
  const rate = rateOf(broker, c)
  c.tokens = Math.min(Math.max(1, 2 * rate), c.tokens + ((broker.now - c.tokens_at) / 1000) * rate)
  c.tokens_at = broker.now
}

/** Reads those again whose tokens have come, a tenth of a second's at a time. */
export function releaseLimited(broker: Broker): void {
  for (const c of Array.from(broker.limited)) {
    refill(broker, c)
    if (c.tokens < Math.max(1, rateOf(broker, c) / 10)) continue
    broker.limited.delete(c)
    unblock(broker, c, because.rate)
  }
}

/** A message's `done`. Acknowledgements are not written now but together, in `turn`. */
export function release(broker: Broker, c: Connection, held: Held, code: number): void {
  if (held.code >= 0) return
  held.code = code
  broker.held--
  broker.held_bytes -= held.bytes
  if (held.qos === 0) c.inflight--
  if (!c.dirty) {
    c.dirty = true
    broker.dirty.push(c)
  }
  if (broker.turn_planned) return
  broker.turn_planned = true
  setImmediate(turn, broker)
}

/** Writes the acknowledgements that were released, one write a client, then reads again who waited for room. */
function turn(broker: Broker): void {
  broker.turn_planned = false
  broker.now = performance.now()
  const dirty = broker.dirty
  broker.dirty = []
  for (const c of dirty) {
    c.dirty = false
    writeAcks(broker, c)
  }
  for (const c of dirty) if (c.inflight <= broker.limits.inflight_max / 2) unblock(broker, c, because.inflight)
  // Who has to wait again goes to the end of the row, and is met there only once it is full again.
  for (const c of broker.stalled) {
    if (isFull(broker)) break
    broker.stalled.delete(c)
    unblock(broker, c, because.full)
  }
}

/** Writes what is released at the head of the queue: acknowledgements go out in the order of the messages. */
export function writeAcks(broker: Broker, c: Connection): void {
  const { queue } = c
  let n = 0
  while (n < queue.length && queue[n]!.code >= 0) n++
  if (n === 0) return
  const bytes = Buffer.allocUnsafe(n * 5)
  let at = 0
  for (let i = 0; i < n; i++) {
    const { id, qos, code } = queue[i]!
    const told = c.version === 5 ? code : 0
    at = putAck(bytes, at, qos === 1 ? 0x40 : 0x50, id, told)
    if (qos === 2 && told >= 0x80) c.received?.delete(id)
    else if (qos === 2) c.received?.set(id, true)
  }
  c.inflight -= n
  if (n === queue.length) queue.length = 0
  else queue.splice(0, n)
  write(broker, c, bytes.subarray(0, at))
}
