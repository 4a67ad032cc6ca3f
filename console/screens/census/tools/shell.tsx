import { type ReactNode, useLayoutEffect, useRef, useState } from "react"
import { Button, Icon } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"

/** What is to be done on the map now, over its foot; closing is always at hand. */
export function Hint({ text, onClose, children }: { text: string; onClose(): void; children?: ReactNode }) {
  const { t } = useWords()
  return (
    <div className="toolhint" role="status">
      <span>{text}</span>
      {children}
      <Button kind="ghost" icon onClick={onClose} aria-label={t("tools.close")} title={t("tools.close")}>
        <Icon name="close" />
      </Button>
    </div>
  )
}

/** Head of a tool's panel. */
export function ToolHead({
  title,
  note,
  onClose,
  children,
}: {
  title: string
  note?: ReactNode
  onClose(): void
  children?: ReactNode
}) {
  const { t } = useWords()
  return (
    <div className="ph wrap">
      <h2>{title}</h2>
      {note ? <span className="i3 f12 el">{note}</span> : null}
      <span className="sp" />
      {children}
      <Button kind="ghost" icon onClick={onClose} aria-label={t("tools.close")} title={`${t("tools.close")} Esc`}>
        <Icon name="close" />
      </Button>
    </div>
  )
}

/** A box that tells its children how large it is, px. */
export function Sized({
  className,
  children,
}: {
  className: string
  children(width: number, height: number): ReactNode
}) {
  const box = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState<[number, number]>([0, 0])
  useLayoutEffect(() => {
    const element = box.current!
    const measure = () => setSize([element.clientWidth, element.clientHeight])
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={box} className={className}>
      {size[0] > 40 && size[1] > 40 ? children(size[0], size[1]) : null}
    </div>
  )
}

/** Buttons that save what is shown. */
export function Saves({ items }: { items: { id: string; words: string; run(): void | Promise<void> }[] }) {
  const { t } = useWords()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame into the panel head
    <span className="row g4" role="group" aria-label={t("tools.save")}>
      {items.map((item) => (
        <Button key={item.id} onClick={() => void item.run()} title={`${t("tools.save")} ${item.words}`}>
          <Icon name="download" />
          {item.words}
        </Button>
      ))}
    </span>
  )
}
