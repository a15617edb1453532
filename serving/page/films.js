// A film as it is edited: what it was, what it is now, and the edits between them, as the interface takes them.

import { get } from "./api.js";

/** Return a key by which spellings of a name are held to be the same. */
export const key = (name) => name.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();

/** Tell whether two cells say the same: names in any order. */
export function same(left, right) {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  const [some, others] = [left, right].map((names) => JSON.stringify(names.map(key).sort()));
  return some === others;
}

/** Tell whether cells of a column are names, several in a film. */
export const isList = (column) => column.kind === "labels";

const isNamed = (column) => isList(column) || column.kind === "category";

/** A film: the row that it was begun from (null: an empty film), its cells then and now, by column. */
export class Film {
  constructor(columns, row, title, base, cells = base, about = {}) {
    Object.assign(this, { columns, row, title, base, cells, about });
  }

  /** Return a film of which nothing is known. */
  static empty(columns) {
    const cells = Object.fromEntries(columns.map((column) => [column.column, isList(column) ? [] : null]));
    return new Film(columns, null, "A film to come", cells);
  }

  /** Return a film of the run's table. */
  static async read(columns, row) {
    const found = await get(`/films/${row}`);
    const cells = Object.fromEntries(columns.map((column) => [column.column, cellOf(column, found)]));
    const { actual, learnt_from: learntFrom, names = {} } = found;
    return new Film(columns, row, found.title, cells, cells, { actual, learntFrom, names });
  }

  /** Return the film with another cell in a column. */
  with(column, cell) {
    return new Film(this.columns, this.row, this.title, this.base, { ...this.cells, [column]: cell }, this.about);
  }

  /** Return the film with a name in a column, in place of the last where it holds no more. */
  plus(column, name) {
    const { kind, most } = this.columns.find((each) => each.column === column);
    if (kind === "category") return this.with(column, name);
    const names = this.cells[column].filter((other) => key(other) !== key(name));
    return this.with(column, [...names.slice(0, most === null ? undefined : most - 1), name]);
  }

  /** Return the film as it was begun. */
  undone() {
    return new Film(this.columns, this.row, this.title, this.base, this.base, this.about);
  }

  /** Return what a request names as the film; `edits` stand beside it. */
  get asked() {
    return this.row ?? {};
  }

  /** Return the edits from the film as it was begun: names replaced in their order, then added or removed. */
  get edits() {
    return this.columns.flatMap((column) => this.#editsOf(column));
  }

  #editsOf({ column, kind }) {
    const [before, after] = [this.base[column], this.cells[column]];
    if (same(before, after)) return [];
    if (kind !== "labels") return [{ do: "set", column, value: after }];
    const [had, has] = [new Set(before.map(key)), new Set(after.map(key))];
    const out = before.filter((name) => !has.has(key(name)));
    const put = after.filter((name) => !had.has(key(name)));
    return [
      ...out.map((label, index) =>
        index < put.length ? { do: "replace", column, label, by: put[index] } : { do: "remove", column, label },
      ),
      ...put.slice(out.length).map((label) => ({ do: "add", column, label })),
    ];
  }

  /** Return the film as a link holds it. */
  toJSON() {
    return { row: this.row, title: this.title, edits: this.edits };
  }

  /** Return the film that a link holds. */
  static async fromJSON(columns, { row, title, edits }) {
    const start = row === null ? Film.empty(columns) : await Film.read(columns, row);
    const film = edits.reduce(edited, start);
    film.title = row === null ? String(title) : start.title;
    return film;
  }
}

function cellOf(column, found) {
  const names = found.names?.[column.column]?.map(({ label }) => label);
  const parts = column.columns.map((name) => found.cells[name]).filter((cell) => cell !== null && cell !== undefined);
  if (isList(column))
    return [...new Map((names ?? parts.flat().map(String)).map((name) => [key(name), name])).values()];
  return (isNamed(column) ? names?.[0] : undefined) ?? parts[0] ?? null;
}

function edited(film, edit) {
  if (!(edit.column in film.cells)) return film;
  if (edit.do === "set") return film.with(edit.column, edit.value);
  const names = film.cells[edit.column];
  const kept = names.filter((name) => key(name) !== key(edit.label));
  return film.with(edit.column, edit.do === "remove" ? kept : [...kept, edit.do === "add" ? edit.label : edit.by]);
}

/** Return edits in words, long texts by their beginnings. */
export function inWords(edits) {
  const begun = (value) => (String(value).length > 80 ? `${String(value).slice(0, 79)}…` : value);
  const words = {
    add: ({ column, label }) => `${column}: with ${label}`,
    remove: ({ column, label }) => `${column}: without ${label}`,
    replace: ({ column, label, by }) => `${column}: ${by} in place of ${label}`,
    set: ({ column, value }) => `${column}: ${begun(value ?? "not known")}`,
  };
  return edits.map((edit) => words[edit.do](edit)).join("; ");
}

/** Return the column that a fault of a request is about, if it is about any. */
export function columnOf({ field }, edits) {
  return field[0] === "edits" ? edits[field[1]]?.column : field[0] === "film" ? field[1] : undefined;
}
