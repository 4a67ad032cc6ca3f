import type { UseQueryResult } from "@tanstack/react-query"
import { type ReactNode, useEffect, useState } from "react"
import type { ApiError } from "../api.ts"
import { useWords } from "../words/index.ts"
import { Button } from "./controls.tsx"
import { Icon, type IconName } from "./icon.tsx"

/** A view that has nothing to show says why and what to do next. */
export function Notice({
  icon,
  title,
  text,
  action,
}: {
  icon: IconName
  title: string
  text?: string
  action?: ReactNode
}) {
  return (
    <div className="stt" role="status">
      <Icon name={icon} size="l" />
      <b>{title}</b>
      {text ? <span className="i3 f12">{text}</span> : null}
      {action}
    </div>
  )
}

/** Skeleton, shown after 300 ms only. */
export function Loading() {
  const { t } = useWords()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300)
    return () => clearTimeout(timer)
  }, [])
  if (!late) return <div style={{ minHeight: 150 }} />
  return (
    <div className="stt" style={{ alignItems: "stretch", justifyContent: "flex-start", gap: 9 }} role="status">
      {[80, 100, 64, 92].map((width) => (
        <i key={width} className="sk" style={{ width: `${width}%` }} />
      ))}
      <span className="i3 f12 c">{t("state.loading")}</span>
    </div>
  )
}

/** Error and no-permission state of a failed request. */
export function Failed({ error, retry }: { error: ApiError; retry?: () => void }) {
  const { t, pick } = useWords()
  if (error.problem.status === 403)
    return <Notice icon="lock" title={t("state.no_permission")} text={pick(error.problem.words)} />
  return (
    <Notice
      icon="warning"
      title={t("state.failed")}
      text={pick(error.problem.words)}
      action={retry ? <Button onClick={retry}>{t("state.retry")}</Button> : undefined}
    />
  )
}

/** Draws a query's data, or the state it is in. */
export function Shown<T>({ query, children }: { query: UseQueryResult<T, ApiError>; children(data: T): ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />
  return <Loading />
}
