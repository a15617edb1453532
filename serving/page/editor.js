// The fields of a film: chips for names, with search while typing, and fields for numbers, dates and texts.

import { get } from "./api.js";
import { combobox } from "./combobox.js";
import { announce, button, element, newId } from "./dom.js";
import { isList, key, same } from "./films.js";
import { counted, plain } from "./format.js";

const FEW = 8; // names that are shown before the others are asked for

/** The fields of a film, built once and kept in step with it. */
export class Editor {
  /** changed(film) is called after each edit. */
  constructor(columns, film, changed) {
    this.film = film;
    this.changed = changed;
    this.unseen = {};
    this.counts = new Map();
    this.open = new Set();
    this.drawn = new Map();
    this.fields = new Map(columns.map((column) => [column.column, this.#field(column)]));
    this.node = element("div", { class: "editor" }, ...[...this.fields.values()].map((field) => field.node));
    this.show(film);
  }

  /** Show another film, or the same after an edit from elsewhere. */
  show(film) {
    this.film = film;
    this.#countAll(film.about.names ?? {});
    this.fields.forEach((field) => field.show());
  }

  /** Mark names with what is known of them, numbers beyond what was seen, and fields that were refused. */
  mark(prediction, problems = new Map(), names = {}) {
    this.unseen = prediction?.unseen ?? this.unseen;
    this.#countAll(names);
    this.fields.forEach((field, column) => {
      const beyond = prediction?.beyond.find((number) => number.column === column);
      const far = beyond && beyondInWords(beyond);
      field.note(problems.get(column) ?? far ?? "", problems.has(column) ? "problem" : far ? "beyond" : "");
      field.show();
    });
  }

  /** Mark what differs from another film. */
  compare(other) {
    this.other = other;
    this.fields.forEach((field) => field.show());
  }

  #countAll(names) {
    for (const [column, own] of Object.entries(names)) {
      own.forEach(({ label, films }) => this.#count(column, label, films));
    }
  }

  #count(column, name, films) {
    this.counts.set(`${column}\n${key(name)}`, films);
  }

  #change(column, film) {
    this.film = film;
    this.fields.get(column).show();
    this.changed(film);
  }

  #field(column) {
    const noteId = newId("note");
    const note = element("p", { id: noteId, class: "note", hidden: true });
    const parts = isList(column) || column.kind === "category" ? this.#names(column) : this.#value(column, noteId);
    const differs = element("span", { class: "differs", hidden: true }, "differs");
    const node = element(
      "div",
      { class: "cell", role: "group", "aria-label": column.column },
      differs,
      parts.nodes,
      note,
    );
    return {
      node,
      show: () => {
        parts.show();
        differs.hidden = !this.other || same(this.other.cells[column.column], this.film.cells[column.column]);
        node.classList.toggle("changed", !differs.hidden);
      },
      note: (words, kind) => {
        note.textContent = words;
        note.className = `note ${kind}`;
        note.hidden = !words;
        node.querySelector("input, textarea").setAttribute("aria-invalid", String(kind === "problem"));
      },
    };
  }

  #value({ column, kind, least, greatest, usual }, noteId) {
    const [id, seenId] = [newId("value"), newId("seen")];
    const seen =
      least === null
        ? ""
        : `${plain(least, 6)} to ${plain(greatest, 6)}${usual === null ? "" : `, usually ${plain(usual, 6)}`}`;
    const input = element(kind === "text" ? "textarea" : "input", {
      id,
      inputmode: kind === "number" ? "decimal" : null,
      maxlength: kind === "text" ? "10000" : "200",
      autocomplete: "off",
      placeholder: kind === "date" ? "YYYY-MM-DD" : "not known",
      "aria-describedby": `${noteId} ${seenId}`,
      oninput: () => this.#change(column, this.film.with(column, cellFrom(input.value, kind))),
    });
    const show = () => {
      const cell = this.film.cells[column];
      if (document.activeElement !== input) input.value = cell === null ? "" : shownCell(cell, kind);
    };
    const label = element(
      "div",
      { class: "labelled" },
      element("label", { for: id }, column),
      element("span", { id: seenId, class: "detail" }, seen),
    );
    return { nodes: [label, input], show };
  }

  #names(column) {
    const chips = element("ul", { class: "chips" });
    const box = combobox({
      label: column.column,
      hint: column.most === 1 ? "Put in a name" : "Add a name",
      search: (query, signal) => this.#matching(column, query, signal),
      choose: (option) => {
        this.#count(column.column, option.name, option.films);
        this.#change(column.column, this.film.plus(column.column, option.name));
        this.open.add(column.column);
        this.fields.get(column.column).show();
        announce(`${option.name} is in.`);
      },
    });
    return { nodes: [box, chips], show: () => this.#showNames(column, chips, box) };
  }

  #namesIn({ column }) {
    return [this.film.cells[column] ?? []].flat();
  }

  /** Show the chips of a column, unless they stand there already: whoever tabs through them stays where they are. */
  #showNames(column, chips, box) {
    const names = this.#namesIn(column),
      shownAll = names.length <= FEW + 1 || this.open.has(column.column);
    const before = this.other && new Set([this.other.cells[column.column] ?? []].flat().map(key));
    const isNew = (name) => Boolean(before) && !before.has(key(name));
    const shown = shownAll ? names : names.filter((name, index) => index < FEW || isNew(name));
    const described = shown.map((name) => ({ name, isNew: isNew(name), ...this.#known(column, name) }));
    const rest = names.length - shown.length,
      gone = this.#gone(column, names);
    const state = JSON.stringify([described, rest, gone]);
    if (this.drawn.get(chips) === state) return;
    this.drawn.set(chips, state);
    chips.replaceChildren(
      ...described.map((chip) => this.#chip(column, chip, box)),
      ...(rest
        ? [
            element(
              "li",
              {},
              button(
                `and ${counted(rest, "other")}`,
                () => {
                  this.open.add(column.column);
                  this.#showNames(column, chips, box);
                  chips.querySelectorAll("button")[FEW]?.focus();
                },
                { class: "quiet" },
              ),
            ),
          ]
        : []),
      ...gone.map((name) => element("li", { class: "gone" }, `without ${name}`)),
    );
  }

  /** Return the names that the film has not, of those that it is compared with. */
  #gone({ column }, names) {
    const has = new Set(names.map(key));
    return [this.other?.cells[column] ?? []].flat().filter((name) => !has.has(key(name)));
  }

  /** Return whether a name is unknown, and in how many films it is known. */
  #known({ column }, name) {
    const isUnknown = Boolean(this.unseen[column]?.some((unseen) => key(unseen) === key(name)));
    const films = this.counts.get(`${column}\n${key(name)}`) ?? null;
    return { isUnknown, detail: isUnknown ? "not known" : films === null ? "" : counted(films, "film") };
  }

  #chip(column, { name, isNew, isUnknown, detail }, box) {
    const remove = button(
      "×",
      () => {
        const names = this.#namesIn(column).filter((other) => other !== name);
        this.#change(column.column, this.film.with(column.column, isList(column) ? names : null));
        announce(`${name} is out.`);
        box.querySelector("input").focus();
      },
      { "aria-label": `Take out ${name}` },
    );
    return element(
      "li",
      { class: `chip${isUnknown ? " unknown" : ""}${isNew ? " new" : ""}` },
      element("span", {}, name),
      detail && element("span", { class: "detail" }, detail),
      isNew && element("span", { class: "detail" }, "new"),
      remove,
    );
  }

  async #matching(column, query, signal) {
    const { labels } = await get("/labels", { query, role: column.column, n: 10 }, signal);
    const present = new Set(this.#namesIn(column).map(key));
    const options = labels
      .filter(({ label }) => !present.has(key(label)))
      .map(({ label, films }) => ({
        name: label,
        films,
        detail: films === null ? "" : counted(films, "film"),
      }));
    const isKnown = labels.some(({ label }) => key(label) === key(query));
    if (!query || isKnown || present.has(key(query))) return options;
    return [...options, { name: query, films: null, detail: "not known: put in all the same", unknown: true }];
  }
}

function beyondInWords({ part, least, greatest }) {
  const ends = `${plain(least, 6)} to ${plain(greatest, 6)}`;
  return `Beyond what was seen: ${part ? `${part}s ` : ""}${ends}.`;
}

/** Return what was typed as a cell: a number where it is written as the interface takes one, else the text. */
function cellFrom(text, kind) {
  const trimmed = text.trim();
  if (!trimmed) return null;
  return kind === "number" && /^-?\d{1,15}(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** Return a cell as it is typed. */
const shownCell = (cell, kind) => (kind === "date" ? String(cell).replace(/T00:00:00(\.0+)?$/, "") : String(cell));
