import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from "node:fs"

/** A log file that starts anew when it is full; path, path.1 … path.(files_max − 1) are kept, the last is the oldest. */
export function rotatingFile(path: string, bytes_max: number, files_max: number) {
  let file = openSync(path, "a", 0o600)
  let bytes = fstatSync(file).size
  const rotate = () => {
    closeSync(file)
    for (let i = files_max - 2; i >= 0; i--) {
      const from = i === 0 ? path : `${path}.${i}`
      if (existsSync(from)) renameSync(from, `${path}.${i + 1}`)
    }
    file = openSync(path, "a", 0o600)
    bytes = 0
  }
  return {
    write: (line: string) => {
      const size = Buffer.byteLength(line)
      if (bytes > 0 && bytes + size > bytes_max) rotate()
      writeSync(file, line)
      bytes += size
    },
    close: () => closeSync(file),
  }
}
