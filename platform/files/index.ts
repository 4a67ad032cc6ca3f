export { checkPhoto, type Photo } from "./photo.ts"
export { type Files, openFiles, type StoredFile } from "./store.ts"
