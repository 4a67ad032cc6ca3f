import { useMutation } from "@tanstack/react-query"
import { type ApiError, client } from "../../api.ts"
import { say } from "../../frame/index.ts"
import { useWords } from "../../words/index.ts"

/** Runs one change, says what the server answered where it refuses, and asks the given kinds again. */
export function useAct<T>(kinds: string[], onDone?: (answer: T) => void) {
  const { pick } = useWords()
  return useMutation<T, ApiError, () => Promise<T>>({
    mutationFn: (run) => run(),
    onSuccess: (answer) => {
      for (const kind of kinds) void client.invalidateQueries({ queryKey: [kind] })
      onDone?.(answer)
    },
    onError: (error) => say(pick(error.problem.words)),
  })
}
