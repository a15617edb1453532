// Who moves the prediction of the current film most, and how important names are over all films.

import { get, lastOnly, post } from "./api.js";
import { intervalAxis, intervalEnds, plainAxis, rangeBar, tickRow } from "./charts.js";
import { announce, button, choice, element, newId, pieces, table } from "./dom.js";
import { beside, counted, tickOf, ticksFor, whole } from "./format.js";

const WAIT = 200; // milliseconds after a key

/** The view of what moves predictions. */
export class MoversView {
  constructor(context) {
    Object.assign(this, context);
    this.labelled = this.run.columns.filter(({ kind }) => ["labels", "category"].includes(kind));
    const people = this.labelled.find(({ role }) => /director/i.test(role)) ?? this.labelled[0];
    this.best = { role: people?.column, lower: false, least: 5 };
    this.important = { role: "", query: "", page: 1 };
    this.bestList = element("div", { tabindex: "-1" });
    this.importantList = element("div", {});
    this.findBest = lastOnly(
      0,
      (signal) => this.#findBest(signal),
      (problem) => {
        this.note.textContent = "";
        fail(this.bestList, problem);
      },
    );
    this.findImportant = lastOnly(
      WAIT,
      (signal) => this.#findImportant(signal),
      (problem) => fail(this.importantList, problem),
    );
    this.filmName = element("strong", {});
    this.heading = element("h3", { id: "best-heading" }, "Which name would move this film most");
    this.how = element("span", {});
    this.note = element("p", { class: "detail" });
    this.node = element("div", {}, this.#bestSection(), this.#importantSection());
    this.show();
  }

  /** Show what is best for the current film. */
  show() {
    const { title, edits } = this.state.film;
    this.filmName.textContent = edits.length ? `${title}, with ${counted(edits.length, "change")}` : title;
    this.#showHow();
    if (this.labelled.length) this.findBest();
    if (!this.run.sentences.importance && !this.important.shown) this.findImportant();
  }

  /** Return the name that another would replace, in a column that holds one; null in others, "" where there is none. */
  #replaced() {
    const { column, most } = this.labelled.find(({ column: name }) => name === this.best.role) ?? {};
    return most === 1 ? ([this.state.film.cells[column] ?? []].flat()[0] ?? "") : null;
  }

  #showHow() {
    if (!this.labelled.length) return;
    const { role } = this.best,
      name = this.#replaced();
    this.heading.textContent =
      name === null ? "Whose addition would move this film most" : `Which ${role} would move this film most`;
    const tried = name === null ? "is added to it" : name ? `replaces ${name} as its ${role}` : `is put in as its ${role}`;
    this.how.textContent = `. Each name ${tried}, and it is predicted anew.`;
  }

  #bestSection() {
    const { best } = this,
      id = newId("least");
    const set = (name) => (value) => {
      best[name] = value;
      this.#showHow();
      this.findBest();
    };
    const least = element("input", {
      id,
      type: "number",
      min: "1",
      step: "1",
      value: "5",
      inputmode: "numeric",
      onchange: ({ target }) => {
        const wanted = target.value;
        target.value = String(Math.max(1, Math.round(Number(wanted)) || 1));
        const isTaken = target.value === wanted.trim();
        this.leastNote.textContent = isTaken ? "" : `Whole numbers from 1 on: ${target.value} is taken.`;
        set("least")(Number(target.value));
      },
    });
    this.leastNote = element("p", { class: "note", role: "status" });
    const controls = element(
      "div",
      { class: "bar" },
      choice(
        "Role",
        this.labelled.map(({ column, role }) => [
          column,
          role.toLowerCase() === column.toLowerCase() ? column : `${role} (${column})`,
        ]),
        best.role,
        set("role"),
      ),
      choice(
        "Names that",
        [
          ["", "raise it most"],
          ["lower", "lower it most"],
        ],
        "",
        (value) => set("lower")(value === "lower"),
      ),
      element("div", { class: "field" }, element("label", { for: id }, "In at least so many films"), least),
      this.leastNote,
    );
    return element(
      "section",
      { class: "card", "aria-labelledby": "best-heading" },
      this.heading,
      element("p", {}, "The film: ", this.filmName, this.how),
      ...(this.labelled.length
        ? [controls, this.bestList, this.note]
        : [element("p", { class: "missing" }, "The model has no names to add: none of its columns holds names.")]),
    );
  }

  async #findBest(signal) {
    const { film } = this.state,
      { role, lower, least } = this.best;
    const asked = { film: film.asked, edits: film.edits, role, lower, n: 10, min_films: least };
    const { candidates, evaluated, left_out: leftOut, note } = await post("/best", asked, signal);
    if (signal.aborted) return;
    const rare = leftOut ? `, ${whole(leftOut)} in fewer films left out` : "";
    this.note.textContent = `${counted(evaluated, "name")} tried${rare}. ${note}`;
    const moving = candidates.filter(({ difference_learnt: moved }) => (lower ? moved < 0 : moved > 0));
    if (!moving.length) {
      const words = candidates.length
        ? `No name ${lower ? "lowers" : "raises"} it.`
        : "No name is in so many films: ask for fewer.";
      this.bestList.replaceChildren(element("p", { class: "missing" }, words));
      return;
    }
    this.bestList.replaceChildren(this.#bestTable(moving, role));
    announce(`${moving[0].label} ${lower ? "lowers" : "raises"} it most.`);
  }

  #bestTable(candidates, column) {
    const { scale, run } = this;
    const hasInterval = candidates.some(({ intervals }) => intervals.length);
    const drawn = candidates.map((candidate) => ({ ...candidate, learnt: scale.learnt(candidate.prediction ?? NaN) }));
    const axis = intervalAxis(drawn, scale, 3);
    const rows = drawn.map((candidate) => {
      const [interval] = candidate.intervals,
        [, low = null, high = null] = intervalEnds(candidate, scale).at(-1) ?? [];
      return [
        candidate.label,
        whole(candidate.films),
        pieces(scale.change(candidate.difference, candidate.difference_learnt), "\\("),
        scale.number(candidate.prediction),
        ...(hasInterval
          ? [interval ? pieces(scale.range(interval), "to ") : "", rangeBar(axis, { low, value: candidate.learnt, high })]
          : []),
        button("Put in", () => this.#putIn(column, candidate.label), { "aria-label": `Put in ${candidate.label}` }),
      ];
    });
    const headings = [
      "Name",
      ["Films", "number"],
      ["Change", "number"],
      ["Predicted", "number"],
      ...(hasInterval
        ? [
            [`${run.has_interval[0]} of 100 between`, "number"],
            [tickRow(axis), "bars"],
          ]
        : []),
      ["", "act"],
    ];
    const name = this.#replaced();
    const tried = name === null ? "names more" : `as its ${column}${name ? `, in place of ${name}` : ""}`;
    return table(`What the model says of the film with each of these ${tried}`, headings, rows);
  }

  #putIn(column, label) {
    const replaced = this.#replaced();
    this.state.film = this.state.film.plus(column, label);
    this.save();
    this.bestList.focus();
    this.show();
    announce(`${label} is in the film${replaced ? `, in place of ${replaced}` : ""}.`);
  }

  #importantSection() {
    const section = element(
      "section",
      { class: "card", "aria-labelledby": "important-heading" },
      element("h3", { id: "important-heading" }, "What predictions of all films rest on"),
    );
    if (this.run.sentences.importance) {
      section.append(element("p", { class: "missing" }, this.run.sentences.importance));
      return section;
    }
    this.roles = element("div", {});
    const id = newId("search");
    const search = element("input", {
      id,
      type: "search",
      maxlength: "200",
      placeholder: "Part of a name",
      oninput: (event) => this.#narrow({ query: event.target.value.trim() }),
    });
    section.append(
      element(
        "div",
        { class: "bar" },
        this.roles,
        element("div", { class: "field" }, element("label", { for: id }, "Search"), search),
      ),
      this.importantList,
    );
    return section;
  }

  #narrow(change) {
    Object.assign(this.important, { page: 1 }, change);
    this.findImportant();
  }

  async #findImportant(signal) {
    const { role, query, page } = this.important;
    const answer = await get("/importance", { role, query, page }, signal);
    if (signal.aborted) return;
    if (!this.important.shown) {
      this.roles.replaceChildren(
        choice("Role", [["", "all roles"], ...answer.roles.map((name) => [name, name])], role, (value) =>
          this.#narrow({ role: value }),
        ),
      );
    }
    this.important.shown = answer;
    const turned = this.importantList.contains(document.activeElement);
    this.importantList.replaceChildren(this.#importantTable(answer), this.#pages(answer));
    if (turned) this.importantList.querySelector(".scroll")?.focus();
    announce(counted(answer.total, "value"));
  }

  #importantTable({ rows, measure }) {
    if (!rows.length) return element("p", { class: "missing" }, "Nothing has this in its name.");
    const known = rows.flatMap((row) => [row.importance, row.low_95, row.high_95]);
    const values = [0, ...known.filter((value) => typeof value === "number")];
    const axis = plainAxis(values, tickOf, ticksFor(Math.max(...values.map(Math.abs))));
    const words = (number) => beside(number, Math.max(...rows.map(({ importance }) => Math.abs(importance))));
    const cells = rows.map((row) => [
      row.feature,
      row.role,
      row.n_films === null ? "–" : whole(row.n_films),
      words(row.importance),
      typeof row.low_95 === "number" ? pieces(`${words(row.low_95)} to ${words(row.high_95)}`, "to ") : "too few films",
      rangeBar(axis, { low: row.low_95 ?? null, value: row.importance, high: row.high_95 ?? null, mark: 0 }),
    ]);
    const headings = [
      "Value",
      "Role",
      ["Films", "number"],
      ["Importance", "number"],
      ["95 % between", "number"],
      [tickRow(axis), "bars"],
    ];
    return table(`Importance: ${measure}. More is more important; below 0 is chance.`, headings, cells);
  }

  #pages({ page, pages, total }) {
    const turn = (to) => () => {
      this.important.page = to;
      this.findImportant();
    };
    return element(
      "div",
      { class: "actions pages" },
      button("Before", turn(page - 1), { disabled: page <= 1 }),
      element("span", {}, `Page ${whole(page)} of ${whole(Math.max(pages, 1))}, ${counted(total, "value")}`),
      button("Next", turn(page + 1), { disabled: page >= pages }),
    );
  }
}

function fail(list, problem) {
  list.replaceChildren(element("p", { class: "problem" }, problem.message));
  announce(problem.message);
}
