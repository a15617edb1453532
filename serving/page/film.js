// The view of a film: what it would do, how sure that is, and what it is made up of; all anew at each edit.

import { get, lastOnly, post } from "./api.js";
import { intervalAxis, intervalPlot } from "./charts.js";
import { combobox } from "./combobox.js";
import { announce, button, choice, element } from "./dom.js";
import { Editor } from "./editor.js";
import { columnOf, Film, inWords } from "./films.js";
import { sentence } from "./format.js";
import { waterfall } from "./waterfall.js";

const WAIT = 200; // milliseconds after an edit

/** Return the faults of a refused request by column; those of none under "". */
export function faultsByColumn(problem, film) {
  const faults = problem.faults?.length ? problem.faults : [{ field: [], message: problem.message }];
  return new Map(faults.map((fault) => [columnOf(fault, film.edits) ?? "", fault.message]));
}

/** The view of the current film. */
export class FilmView {
  constructor(context) {
    Object.assign(this, context);
    this.wholeColumns = false;
    this.head = element("div", { class: "head" });
    this.result = element("section", { class: "card result", "aria-labelledby": "prediction-heading" });
    this.parts = element("div", {});
    this.level = choice(
      "Parts",
      [
        ["values", "each value"],
        ["columns", "whole columns"],
      ],
      "values",
      (chosen) => {
        this.wholeColumns = chosen === "columns";
        this.#showMade();
      },
    );
    this.made = element(
      "section",
      { class: "card made", "aria-labelledby": "made-heading" },
      element("h3", { id: "made-heading" }, "What it is made up of"),
      this.level,
      this.parts,
    );
    this.editor = new Editor(this.run.columns, this.state.film, (film) => this.#edited(film));
    this.predict = lastOnly(
      WAIT,
      (signal) => this.#predict(signal),
      (problem) => this.#refused(problem),
    );
    const fields = element(
      "section",
      { class: "card fields", "aria-labelledby": "fields-heading" },
      element("h3", { id: "fields-heading" }, "What it is"),
      this.editor.node,
    );
    this.node = element(
      "div",
      { class: "film" },
      this.#search(),
      this.head,
      element("div", { class: "columns" }, this.result, fields, this.made),
      this.#bar(),
    );
    this.show();
  }

  /** Show the current film. */
  show() {
    this.editor.show(this.state.film);
    this.#showHead();
    this.#ask();
  }

  /** Return a line at the bottom of the window with the prediction, while that itself is out of sight. */
  #bar() {
    this.line = element("p", { class: "line", "aria-hidden": "true", hidden: true });
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.inSight = isIntersecting;
      this.#showLine();
    }).observe(this.result);
    return this.line;
  }

  /** Show the line of the film as it is: of one that can't be read there is none. */
  #showLine() {
    this.line.hidden = this.inSight || !this.change || this.isOfBefore;
  }

  #search() {
    const start = button("Start an empty film", () => this.#open(Film.empty(this.run.columns)));
    if (this.run.sentences.films)
      return element("div", { class: "bar" }, element("p", { class: "missing" }, this.run.sentences.films), start);
    const box = combobox({
      label: "Search a film",
      hint: "Its title, or the beginning",
      search: async (query, signal) =>
        (await get("/films", { query, n: 10 }, signal)).films.map(({ row, title, learnt_from: learnt }) => ({
          name: title,
          row,
          detail: learnt ? "learnt from" : "",
        })),
      choose: ({ row }) => this.#read(row),
    });
    return element("div", { class: "bar" }, box, start);
  }

  async #read(row) {
    try {
      this.#open(await Film.read(this.run.columns, row));
    } catch (problem) {
      this.#refused(problem);
    }
  }

  #open(film) {
    this.state.film = film;
    this.save();
    this.show();
    announce(`${film.title} is open.`);
  }

  #edited(film) {
    this.state.film = film;
    this.save();
    this.#showHead();
    this.#ask();
  }

  #showHead() {
    const { film } = this.state,
      { actual, learntFrom } = film.about,
      edits = film.edits;
    const facts =
      film.row === null
        ? ["Begun empty: what is left open counts as not known."]
        : [
            actual === null || actual === undefined ? "" : `Actual: ${this.scale.amount(actual)}.`,
            learntFrom
              ? "The model has learnt from this film, so it knows it better than one to come."
              : "The model has not learnt from this film.",
          ];
    const actions = [
      button(
        "Copy into scenarios",
        () => {
          this.copy(film);
          this.#showHead();
        },
        { disabled: this.state.scenarios.length >= this.most },
      ),
      edits.length > 0 && film.row !== null && button("Undo all changes", () => this.#open(film.undone())),
    ];
    const hadFocus = this.head.contains(document.activeElement);
    this.head.replaceChildren(
      element("h3", { class: "title", tabindex: "-1" }, film.title),
      element("p", {}, facts.filter(Boolean).join(" ")),
      ...(edits.length ? [element("p", { class: "edits" }, sentence(`Changed: ${inWords(edits)}`))] : []),
      element("div", { class: "actions" }, actions),
    );
    if (hadFocus) (this.head.querySelector("button:enabled") ?? this.head.firstElementChild).focus();
  }

  #ask() {
    this.result.setAttribute("aria-busy", "true");
    this.predict();
  }

  async #predict(signal) {
    const { film } = this.state;
    const change = await post("/what-if", { film: film.asked, edits: film.edits, explain: true }, signal);
    if (signal.aborted) return;
    this.change = change;
    this.isOfBefore = false;
    this.result.removeAttribute("aria-busy");
    this.editor.mark(change.after, new Map(), change.names);
    this.#showResult(change);
    this.#showMade();
    const [interval] = change.after.intervals;
    const ends = interval ? `, ${interval.level} of 100 between ${this.scale.range(interval, "and")}` : "";
    const words = `${this.scale.amount(change.after.prediction)}${ends}`;
    this.line.replaceChildren(element("strong", {}, film.title), ` ${words}`);
    this.#showLine();
    announce(`Predicted ${words}.`);
  }

  #refused(problem) {
    const faults = faultsByColumn(problem, this.state.film);
    this.editor.mark(null, faults);
    this.result.removeAttribute("aria-busy");
    const elsewhere = [...faults].filter(([column]) => !this.editor.fields.has(column)).map(([, words]) => words);
    const words = elsewhere.length
      ? elsewhere.join(" ")
      : `A field can't be read; it says why.${this.change ? " The prediction is of before." : ""}`;
    this.isOfBefore = true;
    this.#showLine();
    this.result.querySelector(".problem")?.remove();
    this.result.append(element("p", { class: "problem" }, words));
    announce([...faults.values()].join(" "));
  }

  #showResult({ before, after, difference, difference_learnt: moved, difference_spread: spread }) {
    const { scale, run } = this,
      { film } = this.state,
      { actual } = film.about;
    const marks = actual === null || actual === undefined ? [] : [[scale.learnt(actual), "actual"]];
    const axis = intervalAxis(
      [after],
      scale,
      5,
      marks.map(([value]) => value),
    );
    const lines = after.intervals.map((interval) => [
      element("dt", {}, `${interval.level} of 100 such films`),
      element("dd", {}, scale.range(interval)),
    ]);
    this.result.replaceChildren(
      element("h3", { id: "prediction-heading" }, `Predicted ${run.target}`),
      element("p", { class: "prediction" }, scale.amount(after.prediction)),
      after.intervals.length
        ? intervalPlot(after, scale, axis, marks)
        : element("p", { class: "missing" }, run.sentences.intervals),
      element(
        "dl",
        {},
        lines,
        after.spread > 0 && [
          element("dt", {}, "Heads of the network differ by"),
          element("dd", {}, `${scale.spread(after.spread)} (standard deviation)`),
        ],
        film.edits.length > 0 &&
          before.prediction !== null && [
            element("dt", {}, film.row === null ? "Against an empty film" : "Against the film as it was"),
            element(
              "dd",
              {},
              `${scale.change(difference, moved)}${spread > 0 ? `, on which heads differ by ${scale.spread(spread)}` : ""}`,
            ),
          ],
      ),
    );
  }

  #showMade() {
    if (!this.change) return;
    const { after } = this.change;
    const lacking = this.run.sentences.contributions ?? "No contributions for this film.";
    this.level.hidden = !after.contributions;
    this.parts.replaceChildren(
      after.contributions
        ? waterfall(after, this.scale, this.wholeColumns)
        : element("p", { class: "missing" }, lacking),
    );
  }
}
