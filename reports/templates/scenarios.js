"use strict";
// Films whose names are changed, predicted by the network itself: its first layer is a sum of one vector a name.
(() => {
  const { films, base, columns, names, vectors, sizes, tail, mean, std, shift, writing } = data("scenarios");
  const { amount, steps, factor } = writers(writing), { log, money, unit } = writing;
  const bytes = (packed) => Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)).buffer;
  const floats = (packed) => new Float32Array(bytes(packed));
  const sums = floats(base), whole = new Int16Array(bytes(vectors)), size = floats(sizes);
  const width = sums.length / films.length;
  const numbers = columns.map((column) => column.numbers && floats(column.numbers));
  const [scale, bias, outWeight, outBias] = ["scale", "bias", "outWeight", "outBias"].map((name) => floats(tail[name]));
  const layers = tail.layers.map((layer) => ({ width: layer.width, weight: floats(layer.weight), bias: floats(layer.bias) }));
  const bend = tail.activation === "silu" ? (value) => value / (1 + Math.exp(-value)) : (value) => Math.max(value, 0);

  // --- the network --------------------------------------------------------------------------------------------------

  const summed = (film, cells, unknown) => {
    const total = Float64Array.from(sums.subarray(film * width, (film + 1) * width));
    columns.forEach((column, at) => {
      const n = cells[at].length + unknown[at], weight = column.rooted ? 1 / Math.sqrt(Math.max(n, 1)) : 1;
      for (const name of cells[at]) {
        for (let unit = 0; unit < width; unit += 1) total[unit] += whole[name * width + unit] * size[name] * weight;
      }
      if (numbers[at]) for (let unit = 0; unit < width; unit += 1) total[unit] += numbers[at][n * width + unit];
    });
    return total;
  };
  const through = ({ width: n, weight, bias: added }, values, member) => {
    const result = Float64Array.from(added.subarray(member * n, (member + 1) * n)), start = member * values.length * n;
    values.forEach((value, from) => {
      for (let unit = 0; unit < n; unit += 1) result[unit] += value * weight[start + from * n + unit];
    });
    return result.map(bend);
  };
  // The scaled predictions of all heads, member after member.
  const each = (film, cells, unknown) => {
    const total = summed(film, cells, unknown), own = width / tail.members, predictions = [];
    for (let member = 0; member < tail.members; member += 1) {
      for (let head = member * tail.heads; head < (member + 1) * tail.heads; head += 1) {
        let values = total.slice(member * own, (member + 1) * own);
        values = values.map((value, unit) => bend(value * scale[head * own + unit] + bias[head * own + unit]));
        for (const layer of layers) values = through(layer, values, member);
        const start = head * values.length;
        predictions.push(values.reduce((dot, value, unit) => dot + value * outWeight[start + unit], outBias[head]));
      }
    }
    return predictions;
  };
  const average = (values) => values.reduce((total, value) => total + value, 0) / values.length;

  // --- the form -----------------------------------------------------------------------------------------------------

  const list = document.getElementById("scenario-film"), form = document.getElementById("scenario-cells");
  const outcome = document.getElementById("scenario-outcome");
  let film = 0, before = [], cells = [], unknown = [];  // of each column: its known names, the number of the others
  const learntStep = std > 0 ? writing.step * ({ K: 1e3, M: 1e6, B: 1e9 }[writing.letter] || 1) : 1;
  const inUnit = (learnt) => Number((log ? Math.expm1(learnt) - shift : learnt).toPrecision(3));
  const shown = (learnt) => (log || money ? amount(inUnit(learnt)) : `${steps(Math.round(learnt / learntStep))}${unit ? ` ${unit}` : ""}`);
  const number = (id, learnt) => {
    const element = text("data", shown(learnt));
    element.id = id;
    element.value = learnt;
    return element;
  };
  const signed = (value) => `${value > 0 ? "+" : ""}${steps(Math.round(value / learntStep))}`;
  const answer = () => {
    const after = each(film, cells, unknown), learnt = (values) => average(values) * std + mean;
    const heads = after.map((value, at) => (value - before[at]) * std), change = average(heads);
    const spread = Math.sqrt(average(heads.map((head) => (head - change) ** 2)));
    const line = document.createElement("p"), changed = columns.some((column, at) => cells[at].join() !== column.own[film].join() || unknown[at] !== column.unknown[film]);
    line.append(text("strong", films[film]), ": predicted ", number("scenario-before", learnt(before)));
    if (changed) {
      const difference = text("strong", log ? factor(change) : signed(change));
      line.append(" as it is, ", number("scenario-after", learnt(after)), " with these names: ", difference, ".");
    }
    const more = changed && heads.length > 1
      ? `${heads.length} heads of the network differ about this change by ${steps(Math.round(spread / learntStep))}${log ? " as a logarithm" : ""} (standard deviation; no interval).`
      : changed ? "" : "Nothing is changed.";
    outcome.replaceChildren(line, text("p", more));
  };
  const chip = (at, name) => {
    const item = document.createElement("li"), button = text("button", `${names[name]} ×`);
    button.type = "button";
    button.setAttribute("aria-label", `take ${names[name]} out of ${columns[at].column}`);
    if (!columns[at].own[film].includes(name)) item.className = "added";
    button.addEventListener("click", () => { cells[at] = cells[at].filter((other) => other !== name); redraw(at); });
    item.append(button);
    return item;
  };
  const unknownWords = (count) => (count ? `${count} ${count === 1 ? "name" : "names"} that the model doesn't know` : "");
  const field = (at) => {
    const { column, offered, single, most } = columns[at], set = document.createElement("fieldset");
    const chips = document.createElement("ul"), choice = document.createElement("select"), add = text("button", single ? "Put in its place" : "Add");
    chips.className = "chips";
    chips.append(...cells[at].map((name) => chip(at, name)));
    const words = unknownWords(unknown[at]) || (cells[at].length ? "" : "no name");
    if (words) chips.append(text("li", words));
    const free = offered.filter((name) => !cells[at].includes(name));
    choice.append(...free.map((name) => { const option = text("option", names[name]); option.value = name; return option; }));
    choice.id = `scenario-${at}`;
    const label = text("label", "Name");
    label.htmlFor = choice.id;
    add.type = "button";
    add.setAttribute("aria-label", `${single ? "put in its place" : "add"}: ${column}`);
    add.disabled = !free.length || (!single && cells[at].length + unknown[at] >= most);
    add.addEventListener("click", () => {
      cells[at] = [...(single ? [] : cells[at]), Number(choice.value)];
      if (single) unknown[at] = 0;
      redraw(at);
    });
    const controls = text("p", "", "controls");
    controls.append(label, choice, add);
    set.append(text("legend", column), chips, controls);
    return set;
  };
  const redraw = (at) => {
    form.replaceChild(field(at), form.children[at]);
    form.children[at].querySelector("select").focus({ preventScroll: true });
    answer();
  };
  const start = () => {
    film = Number(list.value);
    cells = columns.map((column) => [...column.own[film]]);
    unknown = columns.map((column) => column.unknown[film]);
    before = each(film, cells, unknown);
    form.replaceChildren(...columns.map((_, at) => field(at)));
    answer();
  };
  list.append(...films.map((title, at) => { const option = text("option", title); option.value = at; return option; }));
  list.addEventListener("change", start);
  document.getElementById("scenario-reset").addEventListener("click", start);
  start();
})();
