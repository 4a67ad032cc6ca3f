/** Turns the CSV of an export into Parquet, in a process of its own with a limit on its memory. */
import { DuckDBInstance } from "@duckdb/node-api"
import { toParquet } from "./store.ts"

const parts: Buffer[] = []
for await (const part of process.stdin) parts.push(part as Buffer)
const { csv, parquet, columns } = JSON.parse(Buffer.concat(parts).toString("utf8")) as {
  csv: string
  parquet: string
  columns: string[]
}
try {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: "256MB",
    threads: "1",
    temp_directory: "",
    preserve_insertion_order: "false",
  })
  const connection = await instance.connect()
  await connection.run(toParquet(csv, parquet, columns))
  connection.closeSync()
  instance.closeSync()
} catch (error) {
  process.stdout.write((error as Error).message)
  process.exitCode = 1
}
