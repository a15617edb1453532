// The application: the run, the current film and the scenarios, the address, and the view that it names.

import { get } from "./api.js";
import { announce, element } from "./dom.js";
import { FilmView } from "./film.js";
import { Film } from "./films.js";
import { Scale, whole } from "./format.js";
import { GoodnessView } from "./goodness.js";
import { linkTo, readLink } from "./link.js";
import { MoversView } from "./movers.js";
import { MOST_SCENARIOS, ScenariosView } from "./scenarios.js";

const VIEWS = {
  film: ["Film", FilmView],
  scenarios: ["Scenarios", ScenariosView],
  movers: ["Who moves it", MoversView],
  goodness: ["How good is it", GoodnessView],
};

const main = document.getElementById("main");
const problem = document.getElementById("problem");

/** What the views share: the run, its scale, the film and the scenarios, and how these are kept in the address. */
class Application {
  constructor(run) {
    this.run = run;
    this.scale = new Scale(run);
    this.state = { film: Film.empty(run.columns), scenarios: [] };
    this.most = MOST_SCENARIOS;
    this.views = {};
    this.entry = history.state?.entry ?? newEntry();
  }

  save = () => {
    const { film, scenarios } = this.state;
    const plain = film.row === null && !film.edits.length && !scenarios.length;
    this.content = plain ? null : { run: this.run.name, film, scenarios };
    const { entry } = this;
    history.replaceState({ entry }, "", plain ? `#${readLink().view}` : linkTo(readLink().view, this.content));
    document.querySelectorAll("nav a").forEach((link) => {
      link.href = plain ? `#${link.dataset.view}` : linkTo(link.dataset.view, this.content);
    });
  };

  copy = (film) => {
    const { scenarios } = this.state;
    const letter = "ABCD".split("").find((name) => scenarios.every((scenario) => scenario.name !== name));
    this.state.scenarios = [...scenarios, { name: letter, film }];
    this.save();
    announce(`${film.title} is scenario ${letter}.`);
  };

  /**
   * Follow the address: take over what it holds where that is new, and show its view.
   *
   * Going back, the browser comes to addresses of before later edits: of this very work they name a view alone.
   */
  async follow() {
    const { view, content } = readLink(),
      entry = history.state?.entry;
    const known = JSON.stringify(this.content ?? null);
    problem.textContent = "";
    if (content === undefined) problem.textContent = "The link is not whole: its end is missing.";
    if (content && JSON.stringify(content) !== known && !(this.shown && entry === this.entry)) {
      if (this.shown) this.entry = entry ?? newEntry();
      await this.#restore(content);
    }
    history.replaceState({ entry: this.entry }, "", `#${view}`);
    this.save();
    this.#show(view);
  }

  async #restore({ run, film, scenarios }) {
    try {
      if (run !== this.run.name)
        problem.textContent = `The link was made with the run ${run}; this is ${this.run.name}.`;
      const read = (plain) => Film.fromJSON(this.run.columns, plain);
      const kept = scenarios.slice(0, this.most);
      const films = await Promise.all([film, ...kept.map((scenario) => scenario.film)].map(read));
      this.state.film = films[0];
      this.state.scenarios = kept.map(({ name }, index) => ({
        name: String(name).slice(0, 40),
        film: films[index + 1],
      }));
      this.views = {};
    } catch (fault) {
      problem.textContent = `The link can't be restored: ${fault.message}`;
    }
  }

  #show(view) {
    const [title, View] = VIEWS[view];
    const heading = element("h2", { tabindex: "-1" }, title);
    if (this.views[view]) this.views[view].show();
    else this.views[view] = new View(this);
    main.replaceChildren(heading, this.views[view].node);
    document.title = `${title} · ${this.run.target} · Greenlight`;
    document.querySelectorAll("nav a").forEach((link) => {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    if (this.shown && this.shown !== view) heading.focus();
    this.shown = view;
  }
}

/** Return what marks the addresses of one work, until a link takes its place; the browser keeps it with each. */
const newEntry = () => Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");

async function start() {
  const run = await get("/run");
  document.getElementById("run").textContent = run.target;
  const films = run.films ? `${whole(run.learnt)} of ${whole(run.films)} films learnt from` : "";
  document.getElementById("about").textContent = [run.name, run.unit, films].filter(Boolean).join(" · ");
  const application = new Application(run);
  await application.follow();
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", () => application.follow());
}

start().catch((fault) => {
  problem.textContent = fault.message;
});
