// Up to four variants of films side by side: what differs, what each would do, a link and a CSV that hold them all.

import { lastOnly, post } from "./api.js";
import { intervalAxis, intervalPlot } from "./charts.js";
import { announce, button, element, newId } from "./dom.js";
import { Editor } from "./editor.js";
import { faultsByColumn } from "./film.js";
import { inWords } from "./films.js";

export const MOST_SCENARIOS = 4;
const WAIT = 200; // milliseconds after an edit
const SAME = 1e-6; // on the scale that was learnt
const DANGEROUS = /^[=+\-@\t\r\n＝＋－＠]/; // a spreadsheet's formulas begin so

/** The view of scenarios. */
export class ScenariosView {
  constructor(context) {
    Object.assign(this, context);
    this.actions = element("div", { class: "actions" });
    this.cards = element("div", { class: "scenarios" });
    this.node = element(
      "div",
      {},
      element(
        "p",
        { class: "lede" },
        "Variants of films side by side. What differs from the first is marked. " +
          "The address holds them all: keep it or send it, and they are restored.",
      ),
      this.actions,
      this.cards,
    );
    this.show();
  }

  /** Show the scenarios anew. */
  show() {
    const { scenarios, film } = this.state;
    const empty = scenarios.length === 0;
    this.shown = scenarios.map((scenario, index) => this.#card(scenario, index));
    this.cards.replaceChildren(...this.shown.map(({ node }) => node));
    if (empty)
      this.cards.append(
        element("p", { class: "missing" }, "No scenario yet: copy the current film into the first, then change it."),
      );
    this.actions.replaceChildren(
      button(`Copy ${film.title} into a scenario`, () => this.#add(film), {
        disabled: scenarios.length >= MOST_SCENARIOS,
      }),
      button("Copy the link", () => this.#copyLink(), { disabled: empty }),
      button("Export as CSV", () => this.#export(), { disabled: empty }),
    );
    this.#compare();
    this.shown.forEach((card) => card.predict());
  }

  #add(film) {
    this.copy(film);
    this.show();
    this.cards.lastElementChild.querySelector("input").focus();
  }

  #card(scenario, index) {
    const id = newId("scenario"),
      headingId = newId("heading");
    const card = { scenario, result: element("div", { class: "result" }), answer: null, answered: null };
    const predict = lastOnly(
      WAIT,
      (signal) => this.#predict(card, signal),
      (problem) => {
        card.answer = null; // what it said is of another film
        card.editor.mark(null, faultsByColumn(problem, scenario.film));
        card.result.removeAttribute("aria-busy");
        card.result.replaceChildren(element("p", { class: "problem" }, problem.message));
        this.#showResults();
      },
    );
    card.predict = () => {
      card.result.setAttribute("aria-busy", "true");
      predict();
    };
    card.editor = new Editor(this.run.columns, scenario.film, (film) => {
      scenario.film = film;
      this.save();
      this.#compare();
      card.predict();
    });
    const name = element("input", {
      id,
      type: "text",
      value: scenario.name,
      maxlength: "40",
      oninput: (event) => {
        scenario.name = event.target.value;
        this.save();
      },
    });
    card.node = element(
      "section",
      { class: "card scenario", "aria-labelledby": headingId },
      element("h3", { id: headingId }, `${index + 1}. ${scenario.film.title}`),
      element("div", { class: "field" }, element("label", { for: id }, "Name"), name),
      card.result,
      element(
        "div",
        { class: "actions" },
        button("Copy", () => this.#add(scenario.film), {
          disabled: this.state.scenarios.length >= MOST_SCENARIOS,
          "aria-label": `Copy scenario ${scenario.name}`,
        }),
        button("To Film", () => this.#take(scenario), {
          "aria-label": `Take scenario ${scenario.name} to the film view`,
        }),
        button("Remove", () => this.#remove(index), { "aria-label": `Remove scenario ${scenario.name}` }),
      ),
      card.editor.node,
    );
    return card;
  }

  #take(scenario) {
    this.state.film = scenario.film;
    this.save();
    document.querySelector('nav a[data-view="film"]').click();
  }

  #remove(index) {
    this.state.scenarios = this.state.scenarios.filter((_, at) => at !== index);
    this.save();
    this.show();
    this.actions.querySelector("button:enabled").focus();
    announce("The scenario is removed.");
  }

  /** Mark what differs from the first scenario. */
  #compare() {
    const [first, ...others] = this.shown;
    others.forEach((card) => card.editor.compare(first.scenario.film));
  }

  async #predict(card, signal) {
    const { film } = card.scenario;
    const { after, names } = await ask(film, signal);
    if (signal.aborted) return;
    Object.assign(card, { answer: after, answered: film });
    card.result.replaceChildren();
    card.result.removeAttribute("aria-busy");
    card.editor.mark(after, new Map(), names);
    this.#showResults();
    announce(`${card.scenario.name}: predicted ${this.scale.amount(after.prediction)}.`);
  }

  /** Show all predictions on one axis. */
  #showResults() {
    const answers = this.shown.map(({ answer }) => answer).filter(Boolean);
    if (!answers.length) return;
    const axis = intervalAxis(answers, this.scale, 3),
      first = this.shown[0].answer;
    this.shown.forEach((card, index) => {
      if (!card.answer) return;
      const { answer } = card;
      const difference = this.#against(answer, first);
      card.result.replaceChildren(
        element("p", { class: "prediction" }, this.scale.amount(answer.prediction)),
        element("p", { class: "against" }, index ? difference : "the first"),
        ...(answer.intervals.length ? [intervalPlot(answer, this.scale, axis, first ? [[first.learnt, ""]] : [])] : []),
        ...answer.intervals.map((interval) =>
          element("p", { class: "detail" }, `${interval.level} %: ${this.scale.range(interval)}`),
        ),
      );
    });
  }

  #against(answer, first) {
    if (!first || first.prediction === null || answer.prediction === null) return "";
    const moved = answer.learnt - first.learnt;
    if (Math.abs(moved) < SAME) return "as the first";
    return `${this.scale.change(answer.prediction - first.prediction, moved)} against the first`;
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      announce("The link is copied.");
    } catch {
      announce("The link can't be copied; it stands in the address bar.");
    }
  }

  async #export() {
    let answers;
    try {
      answers = await Promise.all(this.shown.map(answerOf));
    } catch (problem) {
      announce(problem.message);
      return;
    }
    const films = this.shown.map(({ scenario }, index) => ({ scenario, answer: answers[index] }));
    const file = new Blob([csvOf(films, this.run)], { type: "text/csv" });
    const address = URL.createObjectURL(file);
    element("a", { href: address, download: `${this.run.name.replaceAll("/", "_")}_scenarios.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    announce("The scenarios are exported.");
  }
}

const ask = (film, signal = undefined) => post("/what-if", { film: film.asked, edits: film.edits }, signal);

/** Return what is predicted of a scenario's film as it is now, null where a field of it can't be read. */
async function answerOf({ scenario: { film }, answer, answered }) {
  if (answer && answered === film) return answer;
  try {
    return (await ask(film)).after;
  } catch (problem) {
    if (problem.faults?.length) return null;
    throw problem;
  }
}

/** Return scenarios as CSV: films, edits, predictions and their intervals; no text in it is a formula. */
export function csvOf(shown, run) {
  const columns = run.columns.map(({ column }) => column);
  const levels = run.has_interval.flatMap((level) => [`lower_${level}`, `upper_${level}`]);
  const headings = ["scenario", "film", "row", "edits", ...columns, `predicted ${run.target}`, ...levels];
  const lines = shown.map(({ scenario: { name, film }, answer }) => [
    name,
    film.title,
    film.row,
    inWords(film.edits),
    ...columns.map((column) => [film.cells[column] ?? ""].flat().join(", ")),
    answer?.prediction,
    ...run.has_interval.flatMap((level) => {
      const interval = answer?.intervals.find((each) => each.level === level);
      return [interval?.lower, interval?.upper];
    }),
  ]);
  return [headings, ...lines]
    .map((cells) => cells.map(csvCell).join(","))
    .join("\r\n")
    .concat("\r\n");
}

function csvCell(cell) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  const safe = DANGEROUS.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
