"use strict";
(() => {
  const figures = data("figures"), templates = data("templates"), config = data("config");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const printing = window.matchMedia("print");
  const theme = () => templates[dark.matches && !printing.matches ? "dark" : "light"];
  const plots = [...document.querySelectorAll(".plot")];

  // --- figures: drawn when they come into view, all of them before the page is printed -------------------------------

  // On a phone there is room for bars alone, not for what stands beside them; names and titles are cut or wrapped.
  const cut = (name, most) => {
    const letters = (text) => text.match(/&[#\w]+;|[^]/g) || [];
    // Its column goes first, and what all numbers of names begin with.
    const value = letters(name).length > most ? name.replace(/^[^=]*(?==)/, "…").replace(/^number of (?=names in )/, "") : name;
    return letters(value).length > most ? `${letters(value).slice(0, most - 1).join("")}…` : value;
  };
  const wrap = (title, most) => {
    const lines = [""];
    for (const word of title.replaceAll("<br>", " ").split(" ")) {
      if (lines.at(-1) && lines.at(-1).length + word.length >= most) lines.push("");
      lines.push(`${lines.pop()} ${word}`.trim());
    }
    return lines.join("<br>");
  };
  const narrowed = ({ data: traces, layout }) => {
    const slim = structuredClone(layout);
    let kept = traces;
    if (slim.xaxis2 && traces.some((trace) => trace.type === "bar")) {
      kept = traces.filter((trace) => trace.xaxis !== "x2");
      delete slim.xaxis2;
      slim.xaxis.domain = [0, 1];
    }
    const isTiles = traces.some((trace) => trace.type === "heatmap");
    if (isTiles) kept = traces.map((trace) => ({ ...trace, showscale: false }));
    for (const [name, axis] of Object.entries(slim)) {
      if (!/^[xy]axis/.test(name)) continue;
      if (axis.title?.text) axis.title.text = wrap(axis.title.text, name.startsWith("x") ? 15 : 30);
      if (name.startsWith("y") && axis.ticktext) axis.ticktext = axis.ticktext.map((name) => cut(String(name), 20));
      const isNames = isTiles || axis.type === "category";
      if (name.startsWith("x")) Object.assign(axis, isNames ? { tickangle: -90 } : { nticks: 3, tickangle: 0 });
      if (name.startsWith("x") && isTiles) axis.ticktext = axis.ticktext.map((name) => name.replace("<br>", " "));
      if (name.startsWith("x") && axis.type === "log" && axis.tickvals?.length > 4) {
        for (const part of ["tickvals", "ticktext"]) axis[part] = axis[part].filter((_, at) => at % 2 === 0);
      }
    }
    return { data: kept, layout: slim };
  };

  const plotly = (async () => {
    const packed = Uint8Array.from(atob(document.getElementById("plotly-data").textContent), (letter) => letter.charCodeAt(0));
    const script = document.createElement("script");
    script.textContent = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    document.head.append(script);
  })();
  const whenReady = (act) => (window.Plotly ? act() : plotly.then(act));
  const drawn = new Set();
  const draw = (element) => {
    if (drawn.has(element)) return;
    drawn.add(element);
    const whole = figures[Number(element.dataset.figure)];
    const { data: traces, layout } = element.clientWidth < 420 ? narrowed(whole) : whole;
    if (whole.layout.xaxis2 && !layout.xaxis2) element.parentElement.querySelector(".beside")?.remove();
    whenReady(async () => {
      await Plotly.newPlot(element, traces, { ...layout, template: theme() }, config);
      element.querySelector("#scene")?.removeAttribute("id");  // each figure in space brings one, and ids are unique
    });
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "600px" });
  plots.forEach((element) => seen.observe(element));
  const again = () => whenReady(() => drawn.forEach((element) => Plotly.relayout(element, { template: theme() })));
  dark.addEventListener("change", again);
  window.addEventListener("beforeprint", () => { plots.forEach(draw); whenReady(() => drawn.forEach((element) => Plotly.Plots.resize(element))); });
  window.addEventListener("afterprint", again);

  const shownValue = (value) => (value === null ? "–" : scientific(value));

  // --- the table of all values ------------------------------------------------------------------------------------

  const table = document.getElementById("values-table");
  if (table) {
    const rows = data("values"), step = 100, most = 200;
    const body = table.querySelector("tbody"), search = document.getElementById("search");
    const count = document.getElementById("match-count"), more = document.getElementById("more");
    let kept = rows, shown = 25, column = 4, down = true, note = "", turns = 0;
    const shownCell = (row, cell, index) => index === 3 && row[2] < 3 ? "too few films to tell" : index ? shownValue(cell) : String(cell);
    const compare = (a, b) => {
      const [left, right] = [a[column], b[column]];
      if (left === null || right === null) return (left === null) - (right === null);
      const order = typeof left === "string" ? left.localeCompare(right) : left - right;
      return down ? -order : order;
    };
    const show = () => {
      body.replaceChildren(...kept.slice(0, shown).map((row) => {
        const line = document.createElement("tr");
        const name = text("th", row[0]);
        name.scope = "row";
        line.append(name, text("td", row[1]), ...row.slice(2, 7).map((cell, index) => text("td", shownCell(row, cell, index), "number")),
          text("td", row[7] !== null && row[7] < 0.001 ? "< 0.001" : shownValue(row[7]), "number"));
        return line;
      }));
      count.textContent = note || `${kept.length.toLocaleString("en")} ${kept.length === 1 ? "value" : "values"}`;
      more.hidden = shown >= kept.length;
    };
    const present = (chosen, about = "") => {
      kept = chosen.sort(compare);
      note = about;
      shown = 25;
      show();
    };
    const searchSlices = async (wanted) => {
      const turn = (turns += 1);
      try {
        const ranks = await ranksWith(wanted, (share) => { if (turn === turns) count.textContent = `Reading names: ${share} %`; });
        const first = turn === turns ? await sliceRows(ranks.slice(0, most)) : [];
        const about = ranks.length > most ? `${ranks.length.toLocaleString("en")} values; here are the ${most} most important` : "";
        if (turn === turns) present(first, about);
      } catch {
        if (turn === turns) count.textContent = `The folder ${slices.folder} must lie beside this page: it holds all values.`;
      }
    };
    const choose = () => {
      const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      turns += 1;
      if (wanted.length && typeof slices !== "undefined") { searchSlices(wanted); return; }
      present(rows.filter((row) => wanted.every((word) => `${row[0]} ${row[1]}`.toLowerCase().includes(word))));
    };
    search.addEventListener("input", choose);
    more.addEventListener("click", () => { shown += step; show(); });
    table.querySelectorAll("thead button").forEach((button) => button.addEventListener("click", () => {
      const next = Number(button.dataset.column);
      down = next === column ? !down : next > 1;
      column = next;
      table.querySelectorAll("thead th").forEach((heading) => heading.removeAttribute("aria-sort"));
      button.parentElement.setAttribute("aria-sort", down ? "descending" : "ascending");
      present([...kept], note);
    }));
    show();
  }

  // --- a single film ------------------------------------------------------------------------------------------------

  const list = document.getElementById("film");
  if (list) {
    const explorer = data("explorer"), { films, parts, moved, average, typical, log, money, unit } = explorer;
    const { amount, steps, times } = writers(explorer);
    const most = 50, shown = 15;
    const summary = document.getElementById("film-summary"), search = document.getElementById("film-search");
    const level = document.getElementById("film-level");
    const grouped = (pairs) => {
      const sums = new Map();
      for (let at = 0; at < pairs.length; at += 2) {
        const name = parts[pairs[at]][Number(level.value)];
        sums.set(name, (sums.get(name) || 0) + pairs[at + 1]);
      }
      const all = [...sums].sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
      const rest = all.slice(shown), sum = rest.reduce((total, [, change]) => total + change, 0);
      return rest.length > 1 ? [...all.slice(0, shown), [`${rest.length} others`, sum]] : all;  // one has room itself
    };
    const line = (name, from, to, kind, scale, words) => {
      const row = document.createElement("div"), bar = document.createElement("div"), mark = document.createElement("i");
      row.className = kind;
      bar.className = "bar";
      mark.style.left = `${Math.min(scale(Math.min(from, to)), 99.6)}%`;
      mark.style.width = `${Math.max(scale(Math.max(from, to)) - scale(Math.min(from, to)), 0.4)}%`;
      bar.append(mark);
      row.append(text("span", name), bar, ...words.map((word) => text("span", word, "number")));
      return row;
    };
    const show = (number) => {
      const [title, actual, predicted, total, around] = films[number];
      const drawn = around.filter(([, , , low, high]) => low !== null && high !== null);
      const changes = grouped(moved[number]), ends = [average];
      changes.forEach(([, change]) => ends.push(ends[ends.length - 1] + change));
      const all = [...ends, ...drawn.flatMap(([, , , from, to]) => [from, to])];
      const low = Math.min(...all), width = Math.max(...all) - low || 1, scale = (end) => (100 * (end - low)) / width;
      const words = (change) => [`${change > 0 ? "+" : ""}${steps(change)}`, ...(log ? [times(change)] : [])];
      const between = ([percent, from, to]) => `${percent} %: ${amount(from)} to ${amount(to)}`;
      const sure = around.length ? ` (${around.map(between).join("; ")})` : "";
      const whole = (value, inUnit) => [steps(value), ...(log ? [amount(inUnit)] : [])];
      const actually = actual === null ? "" : `, actual ${amount(actual)}`;
      summary.replaceChildren(
        text("h3", title),
        text("p", `Predicted ${log ? amount(predicted) : `${steps(total)}${money || !unit ? "" : ` ${unit}`}`}${sure}${actually}.`),
        line("average prediction", average, average, "moved whole", scale, whole(average, typical)),
        ...changes.map(([name, change], at) => line(name, ends[at], ends[at + 1], change < 0 ? "moved minus" : "moved plus", scale, words(change))),
        line("prediction", total, total, "moved whole", scale, whole(total, predicted)),
        ...drawn.map(([percent, , , from, to]) => line(`${percent} % interval`, from, to, "around", scale, [])),
      );
      summary.classList.toggle("logarithms", log);
    };
    const choose = () => {
      const wanted = search.value.trim().toLowerCase();
      const hits = [];
      for (let at = 0; at < films.length && hits.length < most; at += 1) {
        if (films[at][0].toLowerCase().includes(wanted)) hits.push(at);
      }
      list.replaceChildren(...hits.map((at) => { const option = text("option", films[at][0]); option.value = at; return option; }));
      if (hits.length) { list.value = hits[0]; show(hits[0]); } else summary.replaceChildren(text("p", "No film has this in its title."));
    };
    search.addEventListener("input", choose);
    [list, level].forEach((field) => field.addEventListener("change", () => list.value && show(Number(list.value))));
    choose();
  }
})();
