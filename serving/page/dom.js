// Elements with attributes and children. Texts of data are set as texts, never as HTML.

const SVG = "http://www.w3.org/2000/svg";
let ids = 0;

/** Return a new HTML element; attributes that begin with "on" are listeners. */
export const element = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** Return a new SVG element. */
export const drawing = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

function filled(node, attributes, children) {
  node.append(...children.flat(2).filter((child) => ![null, undefined, false, ""].includes(child)));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

/** Return an id that no other element of the page has. */
export const newId = (word) => `${word}-${(ids += 1)}`;

/** Return a button. */
export const button = (words, act, attributes = {}) =>
  element("button", { type: "button", onclick: act, ...attributes }, words);

/** Return a list to choose from, with its label; choices are [value, words]. */
export function choice(label, choices, value, act) {
  const id = newId("choice");
  const options = choices.map(([key, words]) => element("option", { value: key }, words));
  const select = element("select", { id, value, onchange: (event) => act(event.target.value) }, options);
  return element("div", { class: "field" }, element("label", { for: id }, label), select);
}

/** Return words in pieces, the further ones from each of some words on, which narrow columns set on lines of their own. */
export const pieces = (words, ...from) =>
  words
    .split(new RegExp(` (?=${from.join("|")})`))
    .flatMap((piece, index) => [index > 0 && " ", element("span", { class: "piece" }, piece)]);

/** Return a table whose first column heads its rows; a heading is its words, or [words, class of the column]. */
export function table(caption, headings, rows) {
  const classes = headings.map((heading) => (Array.isArray(heading) ? heading[1] : null));
  const head = headings.map((heading, index) =>
    element(
      "th",
      { role: "columnheader", scope: "col", class: classes[index] },
      Array.isArray(heading) ? heading[0] : heading,
    ),
  );
  const words = headings
    .map((heading) => [heading].flat()[0])
    .map((heading) => (typeof heading === "string" ? heading : null));
  const lines = rows.map((cells) =>
    element(
      "tr",
      { role: "row" },
      cells.map((cell, index) =>
        index
          ? element("td", { role: "cell", class: classes[index], "data-label": words[index] }, cell)
          : element("th", { role: "rowheader", scope: "row" }, cell),
      ),
    ),
  );
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      { class: "rows", role: "table" },
      element("caption", {}, caption),
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head)),
      element("tbody", { role: "rowgroup" }, lines),
    ),
  );
}

/** Say something to those who listen to the page. */
export function announce(words) {
  document.getElementById("announcement").textContent = words;
}
