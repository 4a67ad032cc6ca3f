import { QueryClient, type UseQueryResult, useQuery } from "@tanstack/react-query"
import type { AuditRow, Me, OrganisationRow, TokenRow, UserRow } from "../platform/access/views.ts"
import type { ProblemView } from "../platform/http/views.ts"
import type { FindingView, RuleRow } from "../stages/analysis/views.ts"
import type { AreaRow, AssetRow, AssetView, BatchRow, CityView, LifelineView } from "../stages/census/views.ts"
import type { CityDetail, CityRow, LinkView } from "../stages/federation/views.ts"
import type {
  CurveView,
  DeviceRow,
  DeviceView,
  LatestView,
  PointRow,
  QuarantineRow,
} from "../stages/monitoring/views.ts"
import type { OrderRow, OrderSummary, OrderView } from "../stages/response/views.ts"
import type { RiskRow, RiskSummary, RiskView } from "../stages/risk/views.ts"
import type { DayView, NowView, ReportRow, TimelineView } from "../stages/supervision/views.ts"
import type { AlarmRow, AlarmView, WarningContent, WarningRow, WarningView, WhyView } from "../stages/warning/views.ts"

export type {
  AlarmRow,
  AlarmView,
  AreaRow,
  AssetRow,
  AssetView,
  AuditRow,
  BatchRow,
  CityDetail,
  CityRow,
  CityView,
  CurveView,
  DayView,
  DeviceRow,
  DeviceView,
  FindingView,
  LatestView,
  LifelineView,
  LinkView,
  Me,
  NowView,
  OrderRow,
  OrderSummary,
  OrderView,
  OrganisationRow,
  PointRow,
  ProblemView,
  QuarantineRow,
  ReportRow,
  RiskRow,
  RiskSummary,
  RiskView,
  RuleRow,
  TimelineView,
  TokenRow,
  UserRow,
  WarningContent,
  WarningRow,
  WarningView,
  WhyView,
}
export type Page<T> = { items: T[]; total: number; next: string | null }
export type Query = Record<string, string | number | boolean | null | undefined>

/** A refused or failed request; `problem.words` is what people read. */
export class ApiError extends Error {
  readonly problem: ProblemView
  constructor(problem: ProblemView) {
    super(problem.title)
    this.problem = problem
  }
}

const unreachable: ProblemView = {
  type: "about:blank",
  title: "unreachable",
  status: 0,
  code: "unreachable",
  words: {
    zh: "连不上服务器；请检查网络，恢复后自动重试",
    en: "The server cannot be reached; check the network, it is tried again by itself",
  },
}

export const urlOf = (path: string, query: Query = {}): string => {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value))
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

/** One request; the answer is what views.ts of the route declares. Throws ApiError. `stop` gives it up before its time. */
export async function request<T>(method: string, path: string, body?: unknown, stop?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" }
  if (method !== "GET") headers["x-mingmai"] = "1"
  if (body !== undefined && !(body instanceof Blob)) headers["content-type"] = "application/json"
  if (body instanceof Blob) headers["content-type"] = body.type
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      signal: stop ? AbortSignal.any([stop, AbortSignal.timeout(20_000)]) : AbortSignal.timeout(20_000),
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    })
  } catch (error) {
    if (!stop?.aborted) console.warn(`${method} ${path}`, error)
    throw new ApiError(unreachable)
  }
  if (response.ok) return (response.status === 204 ? null : await response.json()) as T
  throw new ApiError(await problemOf(response))
}

async function problemOf(response: Response): Promise<ProblemView> {
  const said: unknown = await response.json().catch(() => null)
  if (said && typeof said === "object" && "words" in said) return said as ProblemView
  const status = response.status
  return {
    type: "about:blank",
    title: response.statusText,
    status,
    code: `http-${status}`,
    words: {
      zh: `服务器答复 ${status}；请重试，仍不行请告知管理员`,
      en: `The server answered ${status}; try again, then tell the administrator`,
    },
  }
}

export const get = <T>(path: string, query?: Query): Promise<T> => request<T>("GET", urlOf(path, query))
/** The same, given up by a signal: for what a moving view no longer wants. */
export const getJson = <T>(path: string, query: Query, stop: AbortSignal): Promise<T> =>
  request<T>("GET", urlOf(path, query), undefined, stop)
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>("POST", path, body)
export const remove = <T>(path: string): Promise<T> => request<T>("DELETE", path)

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        !(error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500) && count < 3,
      retryDelay: (count) => Math.min(8_000, 500 * 2 ** count),
    },
  },
})

/** Query of a path; the key is [kind, path, query], so that live changes of a kind refetch what shows it. */
export function useGet<T>(
  kind: string,
  path: string | null,
  query: Query = {},
  options: { every_ms?: number; stale_ms?: number; keep?: boolean } = {},
): UseQueryResult<T, ApiError> {
  return useQuery({
    queryKey: [kind, path, query],
    queryFn: () => get<T>(path!, query),
    enabled: path !== null,
    ...(options.every_ms ? { refetchInterval: options.every_ms } : {}),
    ...(options.stale_ms === undefined ? {} : { staleTime: options.stale_ms }),
    ...(options.keep === false ? {} : { placeholderData: ((previous: unknown) => previous) as never }),
  }) as UseQueryResult<T, ApiError>
}

const forever = { stale_ms: 600_000 }
export const useCity = () => useGet<CityView>("city", "/api/city", {}, forever)
export const useMe = () => useGet<Me>("session", "/api/session", {}, { stale_ms: 600_000, keep: false })
export const useLifelines = () => useGet<LifelineView[]>("lifelines", "/api/lifelines", {}, forever)
export const useNowLine = () => useGet<NowView>("now", "/api/supervision/now", {}, { every_ms: 5_000 })

export const useAlarms = (query: Query) =>
  useGet<Page<AlarmRow>>("alarm", "/api/warning/alarms", query, { every_ms: 20_000 })
export const useAlarm = (id: number | null, at?: number | null) =>
  useGet<AlarmView>(
    "alarm",
    id === null ? null : `/api/warning/alarms/${id}`,
    { at },
    { every_ms: 20_000, keep: false },
  )
export const useWarnings = (query: Query) =>
  useGet<Page<WarningRow>>("warning", "/api/warning/warnings", query, { every_ms: 20_000 })
export const useWarning = (id: number | null) =>
  useGet<WarningView>("warning", id === null ? null : `/api/warning/warnings/${id}`, {}, { keep: false })
export const useCurves = (points: number[], from: number, to: number, max: number) =>
  useGet<CurveView[]>("curves", points.length ? "/api/monitoring/curves" : null, {
    points: points.join(","),
    from,
    to,
    max,
  })
export const useLatest = (points: number[], at?: number | null) =>
  useGet<LatestView[]>("latest", points.length ? "/api/monitoring/latest" : null, { points: points.join(","), at })
export const useTimeline = (from: number, to: number) =>
  useGet<TimelineView>("timeline", "/api/supervision/timeline", { from, to }, { every_ms: 15_000 })

/** May this person do it? Permissions come with the session; the server checks again. */
export const can = (me: Me | undefined, permission: string): boolean => me?.permissions.includes(permission) ?? false
