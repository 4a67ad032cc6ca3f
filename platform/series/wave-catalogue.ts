import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { blockBatch } from "../../model/index.ts"
import { rowsOf } from "./columns.ts"
import { freeName, noteDamage } from "./damage.ts"
import { nextId, type Store, transaction } from "./database.ts"
import { decodeFrame, frameIsWhole } from "./frames.ts"

import { rollupsFolder } from "./rollup-kinds.ts"
import { raiseMark, raiseMarks } from "./wave-marks.ts"
import {
  type Frame,
  liveWaves,
  openFrames,
  readFrames,
  takeFrame,
  trimFrames,
  type WaveSegment,
  wavePath,
  wavesFolder,
} from "./wave-segments.ts"

/** Reads the catalogue of waveforms: marks of what is packed, and every live frame with its checksum. */
export async function loadWaves(store: Store): Promise<void> {
  const { writer } = store
  for (const row of await rowsOf(writer, "SELECT * FROM wave ORDER BY id")) {
    const segment = liveWaves(Number(row.id), Number(row.opened))
    store.last_id = Math.max(store.last_id, segment.id)
    segment.file = String(row.file)
    if (row.state === "packed") {
      segment.state = "packed"
      segment.first_batch = Number(row.first_batch)
      segment.last_batch = Number(row.last_batch)
      segment.blocks = Number(row.blocks)
      segment.samples = Number(row.samples)
      segment.min_time = Number(row.min_time)
      segment.max_time = Number(row.max_time)
      segment.bytes = Number(row.bytes)
      segment.crc = Number(row.crc)
    }
    store.waves.push(segment)
  }
  for (const row of await rowsOf(writer, "SELECT * FROM wave_mark"))
    raiseMark(store.wave_marks, Number(row.point), Number(row.start), Number(row.sequence))
  for (const segment of store.waves) {
    if (segment.state === "packed") continue
    const broken: Frame[] = []
    openFrames(store.options.folder, segment)
    for (const row of await rowsOf(writer, `SELECT * FROM frame WHERE wave = ${segment.id} ORDER BY batch`)) {
      const frame = {
        batch: Number(row.batch),
        at: Number(row.place),
        bytes: Number(row.bytes),
        blocks: Number(row.blocks),
        samples: Number(row.samples),
        from: Number(row.low),
        to: Number(row.high),
      }
      const bytes = wholeFrame(segment, frame)
      if (!bytes) {
        broken.push(frame)
        continue
      }
      raiseMarks(store.wave_marks, decodeFrame(bytes, blockBatch()))
      takeFrame(segment, frame)
    }
    if (broken.length > 0) await setFramesAside(store, segment, broken)
    else trimFrames(segment)
  }
  store.waves.sort((a, b) => a.first_batch - b.first_batch || a.id - b.id)
  removeStrangers(store)
  if (store.waves[store.waves.length - 1]?.state !== "live") await addLiveWave(store)
}

function wholeFrame(segment: WaveSegment, frame: Frame): Uint8Array | null {
  try {
    const bytes = readFrames(segment, frame.at, frame.bytes)
    return frameIsWhole(bytes) ? bytes : null
  } catch (error) {
    process.stderr.write(`series: ${String(error)}\n`)
    return null
  }
}

/** Names what is broken in a file of frames and keeps a copy of the file; the other frames stay where they are. */
async function setFramesAside(store: Store, segment: WaveSegment, broken: readonly Frame[]): Promise<void> {
  const { folder } = store.options
  const moved_to = freeName(folder, join("waves", segment.file))
  mkdirSync(join(folder, "damaged"), { recursive: true })
  copyFileSync(wavePath(folder, segment), join(folder, moved_to))
  await transaction(store.writer, async () => {
    for (const frame of broken) {
      await store.writer.run(`DELETE FROM frame WHERE wave = ${segment.id} AND batch = ${frame.batch}`)
      await noteDamage(store, {
        path: join("waves", segment.file),
        moved_to,
        first_batch: frame.batch,
        last_batch: frame.batch,
        rows: frame.blocks,
        from: frame.from,
        to: frame.to,
        reason: "the checksum of the frame is wrong",
      })
    }
  })
  // Later frames must not be written over what was cut off.
  segment.bytes = Math.max(segment.bytes, ...broken.map((f) => f.at + f.bytes))
}

/** Files that the catalogue does not name are copies or leftovers of something unfinished. */
function removeStrangers(store: Store): void {
  const known = new Set([...store.waves, ...store.rollups].map((s) => s.file))
  for (const folder of [wavesFolder(store.options.folder), rollupsFolder(store.options.folder)])
    for (const name of readdirSync(folder)) if (!known.has(name)) rmSync(join(folder, name), { recursive: true })
}

/** Gives the commits a new file of frames; only the commit queue may call it. */
export async function addLiveWave(store: Store): Promise<void> {
  const segment = liveWaves(nextId(store), Date.now())
  await transaction(store.writer, async () => {
    await store.writer.run(
      `INSERT INTO wave (id, state, opened, file) VALUES (${segment.id}, 'live', ${segment.opened}, '${segment.file}')`,
    )
  })
  store.waves.push(segment)
}
