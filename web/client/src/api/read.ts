/** Reads what came over the line, and refuses what is not of the form that is meant. */
export type Json = unknown;

export class Malformed extends Error {
  override name = "Malformed";
}

export function object(value: Json): Record<string, Json> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed("not an object");
  return value as Record<string, Json>;
}

export function list(value: Json): Json[] {
  if (!Array.isArray(value)) throw new Malformed("not a list");
  return value;
}

export function text(value: Json): string {
  if (typeof value !== "string") throw new Malformed("not a text");
  return value;
}

export function number(value: Json): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Malformed("not a number");
  return value;
}

export const maybeText = (value: Json) => (typeof value === "string" ? value : undefined);
export const maybeNumber = (value: Json) => (typeof value === "number" ? value : undefined);
