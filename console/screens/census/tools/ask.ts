import { type UseQueryResult, useQuery } from "@tanstack/react-query"
import type { Static } from "typebox"
import type { ExcavationLineView, ExcavationView } from "../../../../stages/census/excavation/views.ts"
import type { ComponentView, IsolationView, PathView, TraceView } from "../../../../stages/census/network/views.ts"
import type { CrossView, LongView } from "../../../../stages/census/section/views.ts"
import { ApiError, type ProblemView, post } from "../../../api.ts"

export type Cross = Static<typeof CrossView>
export type Crossing = Cross["crossings"][number]
export type Clearance = Cross["clearances"][number]
export type Long = Static<typeof LongView>
export type Traced = Static<typeof TraceView>
export type Component = Static<typeof ComponentView>
export type Way = Static<typeof PathView>
export type Isolation = Static<typeof IsolationView>
export type Valve = Isolation["close"][number]
export type Excavation = ExcavationView
export type ExcavationLine = Static<typeof ExcavationLineView>
export type NetworkFeature = {
  geometry: { type: string; coordinates: unknown }
  properties: { id: number; lifeline: string; kind: string; code: string | null; role: string }
}
export const featuresOf = (answer: { geojson: unknown }): NetworkFeature[] =>
  (answer.geojson as { features: NetworkFeature[] }).features

/** A question that is sent with a body; null asks nothing. The last answer stays while the next one is on its way. */
export const useAsked = <T>(path: string, body: object | null, keep = true): UseQueryResult<T, ApiError> =>
  useQuery({
    queryKey: ["census", path, body],
    queryFn: () => post<T>(path, body!),
    enabled: body !== null,
    staleTime: 60_000,
    ...(keep ? { placeholderData: ((previous: unknown) => previous) as never } : {}),
  }) as UseQueryResult<T, ApiError>

const paper_ms = 60_000
/** Fetches a paper and hands it to the browser as a download; gives back its name. Throws ApiError. */
export async function download(method: "GET" | "POST", path: string, body?: object): Promise<string> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: { accept: "application/pdf", "x-mingmai": "1", ...(body ? { "content-type": "application/json" } : {}) },
      signal: AbortSignal.timeout(paper_ms),
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  } catch (error) {
    console.warn(`${method} ${path}`, error)
    throw new ApiError(
      said(0, "连不上服务器，请检查网络后重试", "The server cannot be reached; check the network, then try again"),
    )
  }
  if (!answer.ok) {
    const told: unknown = await answer.json().catch(() => null) // No JSON: the status alone is told.
    throw new ApiError(
      told && typeof told === "object" && "words" in told
        ? (told as ProblemView)
        : said(answer.status, `服务器答复 ${answer.status}，请重试`, `The server answered ${answer.status}; try again`),
    )
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "paper.pdf"
  saveAs(await answer.blob(), name)
  return name
}
const said = (status: number, zh: string, en: string): ProblemView => ({
  type: "about:blank",
  title: en,
  status,
  code: `http-${status}`,
  words: { zh, en },
})

export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
