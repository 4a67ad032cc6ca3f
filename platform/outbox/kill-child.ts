import { connect } from "../sql/open.ts"
import { startPusher } from "./index.ts"

/** A city's pusher in a process of its own, for the kill test: sends the outbox of a database that the test made. */
const [connection = "{}", url = "", key = ""] = process.argv.slice(2)
const { db } = await connect(JSON.parse(connection), { folder: "", connections: 2 }, false)
startPusher({
  db,
  url,
  key,
  city: "340100",
  simulated: true,
  wall: Date.now,
  restart: async () => {},
  changed: () => {},
  onError: (error) => {
    throw error
  },
  wait_ms_min: 20,
})
