/** Publishing: a second person's decision on a change set, and the way back. */
export { approve, type Decision, reject, undo } from "./decide.ts"
