import { useMutation, useQuery } from "@tanstack/react-query"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { ApiError, client, get, type ProblemView, post } from "../../../api.ts"
import { say } from "../../../frame/index.ts"
import { useWords } from "../../../words/index.ts"

export const base = "/api/census/deliveries"
const checking_ms = 700
const patience_ms = 600_000

/** A delivery; while it is checked it is asked for again and again. */
export function useDelivery(id: number) {
  return useQuery<DeliveryView, ApiError>({
    queryKey: ["delivery", `${base}/${id}`, {}],
    queryFn: () => get<DeliveryView>(`${base}/${id}`),
    refetchInterval: (query) => (query.state.data?.status === "checking" ? checking_ms : false),
  })
}

const shown = ["delivery", "issue", "decided", "change", "census", "asset"]
/** Asks everything again that shows deliveries and changes. */
export const askAgain = (): void => {
  for (const kind of shown) void client.invalidateQueries({ queryKey: [kind] })
}

/** Runs one action of the desk; what the server refuses is said and kept in `error`. */
export function useDesk<T>(onDone?: (answer: T) => void) {
  const { pick } = useWords()
  return useMutation<T, ApiError, () => Promise<T>>({
    mutationFn: (run) => run(),
    onSuccess: (answer) => {
      askAgain()
      onDone?.(answer)
    },
    onError: (error) => {
      say(pick(error.problem.words))
      askAgain()
    },
  })
}

/** An action of a delivery, answered with how the delivery is then. */
export const act = (id: number, what: string, body: unknown = {}): Promise<DeliveryView> =>
  post<DeliveryView>(`${base}/${id}/${what}`, body)
/** The same for actions without a body. */
export const doIt = (id: number, what: string): Promise<DeliveryView> => patient(`${base}/${id}/${what}`)

/** A request that may take minutes, as publishing a whole city does. */
export async function patient<T>(path: string, body?: unknown): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      signal: AbortSignal.timeout(patience_ms),
      headers: {
        accept: "application/json",
        "x-mingmai": "1",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    console.warn(path, error)
    throw new ApiError(lost)
  }
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as T
  throw new ApiError(problemOf(answer, response.status))
}

export const lost: ProblemView = {
  type: "about:blank",
  title: "unreachable",
  status: 0,
  code: "unreachable",
  words: {
    zh: "连不上服务器；请检查网络后重试",
    en: "The server cannot be reached; check the network and try again",
  },
}
/** What an answer says is wrong, or that it says nothing readable. */
export function problemOf(answer: unknown, status: number): ProblemView {
  if (answer && typeof answer === "object" && "words" in answer) return answer as ProblemView
  return {
    type: "about:blank",
    title: String(status),
    status,
    code: `http-${status}`,
    words: {
      zh: `服务器答复 ${status}；请重试，仍不行请告知管理员`,
      en: `The server answered ${status}; try again, then tell the administrator`,
    },
  }
}
