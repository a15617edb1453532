// A field that offers what matches while somebody types: the combobox pattern of ARIA 1.2, its list below it.

import { lastOnly } from "./api.js";
import { announce, element, newId } from "./dom.js";
import { counted } from "./format.js";

const WAIT = 120; // milliseconds

/**
 * Return a combobox with its label.
 *
 * search(query, signal) returns options, each with `name`, `detail` (words beside it, or "") and what `choose` needs;
 * choose(option) is called with the option that was taken.
 */
export function combobox({ label, hint = "", search, choose }) {
  const [id, listId] = [newId("input"), newId("list")];
  let options = [],
    active = -1;
  const list = element("ul", {
    id: listId,
    role: "listbox",
    "aria-label": label,
    hidden: true,
    onmousedown: (event) => event.preventDefault(),
  });
  const input = element("input", {
    id,
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: hint,
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": listId,
    maxlength: "200",
  });

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[index].id);
    return list.children[index].scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    ask.stop();
    close();
    input.value = "";
    choose(option);
  };
  const show = (matches) => {
    options = matches;
    list.replaceChildren(...options.map(item));
    if (!options.length) list.append(element("li", { class: "none", role: "presentation" }, "Nothing begins so."));
    list.hidden = false;
    input.setAttribute("aria-expanded", String(options.length > 0));
    mark(options.length ? 0 : -1);
    announce(options.length ? counted(options.length, "suggestion") : "no suggestion");
  };
  const item = (option) =>
    element(
      "li",
      {
        id: newId("option"),
        role: "option",
        "aria-selected": "false",
        class: option.unknown ? "unknown" : null,
        // The press counts: by the release an answer may have moved the list. Assistive technology clicks alone.
        onmousedown: (event) => event.button === 0 && take(option),
        onclick: () => !list.hidden && take(option),
      },
      element("span", {}, option.name),
      option.detail && element("span", { class: "detail" }, option.detail),
    );
  const ask = lastOnly(
    WAIT,
    async (signal) => {
      const matches = await search(input.value.trim(), signal);
      if (!signal.aborted && document.activeElement === input) show(matches);
    },
    (problem) => announce(problem.message),
  );
  const keys = {
    ArrowDown: () => (list.hidden ? ask() : options.length && mark((active + 1) % options.length)),
    ArrowUp: () => (list.hidden ? ask() : options.length && mark((active - 1 + options.length) % options.length)),
    Enter: () => !list.hidden && active >= 0 && take(options[active]),
    Escape: () => (list.hidden ? (input.value = "") : close()),
  };
  input.addEventListener("input", () => ask());
  input.addEventListener("click", () => list.hidden && ask());
  input.addEventListener("blur", () => {
    ask.stop();
    close();
  });
  input.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.isComposing) return;
    if (event.key !== "Escape" || !list.hidden || input.value) event.preventDefault();
    keys[event.key]();
  });
  return element("div", { class: "combobox" }, element("label", { for: id }, label), input, list);
}
