export { Frame } from "./frame.tsx"
export { useKeys } from "./keys.ts"
export { useAlarmSound } from "./sound.ts"
export { say } from "./toast.tsx"
