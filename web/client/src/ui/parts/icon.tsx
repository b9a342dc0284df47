/** Our own icons: 16 by 16, drawn with lines, in the colour of the text around them. */

const PATHS = {
  check: "M3 8.5l3.2 3.2L13 4.8",
  checks: "M1 8.5l3 3.2 6.2-7M7.5 10.9l.9.8 6.3-7",
  clock: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 4.6V8l2.4 1.6",
  cross: "M4 4l8 8M12 4l-8 8",
  question: "M5.4 5.6A2.6 2.6 0 1 1 8.9 8c-.6.3-.9.7-.9 1.4v.3M8 12.4v.1",
  hand: "M4.5 8.2V4.6a1 1 0 0 1 2 0V7.4V3a1 1 0 0 1 2 0v4.4-3.6a1 1 0 0 1 2 0V8V5.6a1 1 0 0 1 2 0v4c0 2.8-1.7 4.6-4.2 4.6-2 0-3-.9-4-2.6L2.6 9.6c-.5-.9.7-1.7 1.4-.9l.5.6",
  stop: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM3.7 3.7l8.6 8.6",
  dash: "M4 8h8",
  tray: "M2.5 9.5V12a1.5 1.5 0 0 0 1.5 1.5h8a1.5 1.5 0 0 0 1.5-1.5V9.5h-3.2c-.3 1-1.2 1.7-2.3 1.7s-2-.7-2.3-1.7zM8 2v5.2M5.7 5L8 7.3 10.3 5",
  "cloud-off": "M2 2l12 12M5 5.6A3.3 3.3 0 0 0 4.6 12h6.9M6.7 4.1a3.8 3.8 0 0 1 5.3 2.8 2.6 2.6 0 0 1 1.7 4",
  search: "M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zM10.6 10.6L14 14",
  plus: "M8 3v10M3 8h10",
  back: "M9.8 3L4.8 8l5 5",
  down: "M3 6l5 5 5-5",
  send: "M2.2 8L13.8 2.5 10.3 13.7 7.6 8.6zM7.6 8.6l6.2-6.1",
  phone: "M5 1.8h6A1.2 1.2 0 0 1 12.2 3v10a1.2 1.2 0 0 1-1.2 1.2H5A1.2 1.2 0 0 1 3.8 13V3A1.2 1.2 0 0 1 5 1.8zM7 11.8h2",
  people: "M6 7.4a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.6 13.4c0-2.5 1.9-4 4.4-4s4.4 1.5 4.4 4M10.7 2.7a2.3 2.3 0 0 1 0 4.4M12 9.8c1.5.6 2.4 1.8 2.4 3.6",
  lock: "M4 7.2h8a.8.8 0 0 1 .8.8v5a.8.8 0 0 1-.8.8H4a.8.8 0 0 1-.8-.8V8a.8.8 0 0 1 .8-.8zM5.3 7V5a2.7 2.7 0 0 1 5.4 0v2",
  record: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  alert: "M8 2.2L14.4 13.5H1.6zM8 6.4v3.2M8 11.5v.1",
  info: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 7.2v4M8 4.9v.1",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
  key: "M5.2 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM7.5 7.7L13.5 1.8M11 4.3l2 2",
  copy: "M5.5 5.5h7.7v7.7H5.5zM3.5 10.5h-.7V2.8h7.7v.7",
  download: "M8 2.2v7.6M4.8 6.8L8 10l3.2-3.2M2.8 13.5h10.4",
  printer: "M4.5 6V2.2h7V6M4.5 11.5H2.4V6h11.2v5.5h-2.1M4.5 9.5h7v4.3h-7z",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13.2 2.2v3h-3",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  tabs: "M2 5.5h9v8H2zM5 5.5v-3h9v8h-3",
  arrow: "M8 13V3M4 7l4-4 4 4",
  pencil: "M3 13l.7-3L10.8 2.9l2.3 2.3L6 12.3z",
} as const;

export type IconName = keyof typeof PATHS;

/** Beside words it says nothing to a screen reader; alone it needs `label`. */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  const alone = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": "true" as const };
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" width="16" height="16" focusable="false" {...alone}>
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The product's sign: a bubble whose text is a tick, for what is said is kept. */
export function Sign() {
  return (
    <svg class="sign" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <path class="sign-ground" d="M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H15l-7 5.5V24H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z" />
      <path class="sign-tick" d="M9.5 14.5l4.5 4.5 9-10" />
    </svg>
  );
}
