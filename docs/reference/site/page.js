// Owns: filters, details and arrow keys of the pages. Without it every page still shows everything.
"use strict";

(() => {
  const filters = document.querySelector(".filters");
  const items = [...document.querySelectorAll(".item")];
  const groups = [...document.querySelectorAll(".group")];
  const lines = [...document.querySelectorAll("[data-versions]")];  // of cells where versions differ

  // An item is shown if it has every value that is asked for and its text holds every word.
  const asked = () => ({
    values: [...filters.querySelectorAll("select")].filter((s) => s.value).map((s) => [s.name, s.value]),
    ticks: [...filters.querySelectorAll("input[type=checkbox]")].filter((t) => t.checked).map((t) => t.name),
    words: filters.querySelector("input[type=search]").value.toLowerCase().split(/\s+/).filter(Boolean),
    version: filters.querySelector("select[name=version]")?.value ?? "",
  });
  // An item may have several values ("a|b"), some of them for one version only ("a@2.6.0").
  const has = (item, name, value, version) => {
    const held = (item.dataset[name] ?? "").split("|");
    return held.includes(value) || (version && held.includes(`${value}@${version}`));
  };
  const fits = (item, { values, ticks, words, version }) =>
    values.every(([name, value]) => has(item, name, value, version)) &&
    ticks.every((name) => item.dataset[name] !== undefined) &&
    words.every((word) => item.dataset.text.includes(word));

  const apply = () => {
    const wanted = asked();
    let shown = 0;
    for (const item of items) {
      item.hidden = !fits(item, wanted);
      shown += item.hidden ? 0 : 1;
    }
    for (const line of lines) {
      line.hidden = wanted.version !== "" && !line.dataset.versions.split(", ").includes(wanted.version);
    }
    for (const group of groups) group.hidden = !group.querySelector(".item:not([hidden])");
    filters.querySelector("output").textContent =
      shown === items.length ? `${shown} shown` : `${shown} of ${items.length} shown`;
  };

  if (filters) {
    filters.addEventListener("input", apply);
    filters.addEventListener("reset", () => setTimeout(apply));
    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.hidden = false;
    apply();
  }

  // Details: what stands in the page's data, shown in a dialog and linked by the address.
  const data = JSON.parse(document.getElementById("details")?.textContent ?? "{}");
  const dialog = document.querySelector("dialog");
  const element = (name, text, parent) => {
    const made = document.createElement(name);
    made.textContent = text;
    parent.append(made);
    return made;
  };

  const show = (id) => {
    const detail = data[id];
    if (!detail) return;
    const body = dialog.querySelector(".body");
    body.replaceChildren();
    element("h2", detail.title, body).id = "dialog-title";
    for (const part of detail.parts) {
      if (part.heading) element("h3", part.heading, body);
      const list = element("dl", "", body);
      for (const [term, text, kind, link] of part.rows) {
        element("dt", term, list);
        const value = element("dd", "", list);
        if (kind === "link") element("a", text, value).href = link;
        else element(kind === "code" ? "code" : "span", text, value);
      }
    }
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
    dialog.showModal();
  };
  const showAddressed = () => show(decodeURIComponent(location.hash.slice(1)));

  if (dialog) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-detail]");
      if (button) show(button.dataset.detail);
      else if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
    addEventListener("hashchange", showAddressed);
    showAddressed();
  }

  // Arrow keys go from cell to cell of a matrix.
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target.closest?.("table.matrix td");
    if (!step || !cell) return;
    event.preventDefault();
    const rows = [...cell.closest("table").rows];
    for (let row = cell.parentElement.rowIndex + step[0], column = cell.cellIndex + step[1];
      rows[row]?.cells[column]; row += step[0], column += step[1]) {
      const button = rows[row].cells[column].querySelector("button:not([hidden])");
      if (button && !rows[row].hidden) { button.focus(); break; }
    }
  });
})();
