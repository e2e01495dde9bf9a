
"use strict";
// The page works without this script: then nothing is folded. It sorts, searches, filters, folds, and switches colours.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const stored = {
    get() { try { return localStorage.getItem("ecrops-theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("ecrops-theme", theme); } catch { /* a file may have no storage */ } },
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  if (["light", "dark"].includes(stored.get())) root.dataset.theme = stored.get();

  const theme = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");

  function switches(button) {
    const show = () => {
      button.setAttribute("aria-pressed", String(theme() === "dark"));
      button.textContent = theme() === "dark" ? "☀ Light" : "☾ Dark";
    };
    button.addEventListener("click", () => {
      root.dataset.theme = theme() === "dark" ? "light" : "dark";
      stored.set(root.dataset.theme);
      show();
    });
    dark.addEventListener("change", show);
    show();
  }

  function fold(body, open) {
    body.classList.toggle("open", open);
    body.querySelector(".fold").setAttribute("aria-expanded", String(open));
  }

  function sorts(table, bodies) {
    const heads = [...table.tHead.rows[0].cells];
    const collator = new Intl.Collator("en", { numeric: true });
    const key = (body, column) => {
      const cell = body.rows[0].cells[column];
      if (column === 0) return cell.firstChild.textContent;
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    };
    const compare = (left, right) => {
      if (left === "" || right === "") return (left === "") - (right === "");  // what is not known is last
      return typeof left === "number" && typeof right === "number" ? left - right : collator.compare(left, right);
    };
    table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const column = Number(button.dataset.column);
      const before = heads[column].getAttribute("aria-sort");
      const isNumber = bodies.some((body) => body.rows[0].cells[column].dataset.v !== undefined);
      // numbers begin with the largest, words with the first
      const down = before === "none" ? isNumber : before === "ascending";
      heads.forEach((head) => head.setAttribute("aria-sort", "none"));
      heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = bodies.map((body) => [key(body, column), body]);
      keyed.sort(([left], [right]) => {
        const order = compare(left, right);
        return down && left !== "" && right !== "" ? -order : order;
      });
      table.append(...keyed.map(([, body]) => body));
    });
  }

  function searches(bodies) {
    const search = document.getElementById("search");
    const filter = document.getElementById("filter");
    const shown = document.getElementById("shown");
    const all = shown.textContent;
    const texts = new Map();
    const textOf = (body) => {
      if (!texts.has(body)) texts.set(body, body.textContent.toLowerCase());
      return texts.get(body);
    };
    const update = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const body of bodies) {
        const fits = (!filter.value || body.dataset.is.split(" ").includes(filter.value))
          && words.every((word) => textOf(body).includes(word));
        body.hidden = !fits;
        count += fits;
      }
      shown.textContent = count === bodies.length ? all : `${count.toLocaleString("en")} of ${all}`;
    };
    search.addEventListener("input", update);
    filter.addEventListener("change", update);
    for (const link of document.querySelectorAll("[data-filter]")) {
      link.addEventListener("click", () => {
        search.value = "";
        filter.value = link.dataset.filter;
        update();
      });
    }
    return () => {
      search.value = filter.value = "";
      update();
    };
  }

  function folds(table, bodies) {
    const unfold = document.getElementById("unfold");
    table.addEventListener("click", (event) => {
      const button = event.target.closest(".fold");
      if (button) fold(button.closest("tbody"), button.getAttribute("aria-expanded") !== "true");
    });
    unfold.addEventListener("click", () => {
      const open = unfold.textContent === "Unfold all";
      bodies.filter((body) => !body.hidden).forEach((body) => fold(body, open));
      unfold.textContent = open ? "Fold all" : "Unfold all";
    });
  }

  function follows(showAll) {
    const body = /^#r\d+$/.test(location.hash) && document.querySelector(location.hash);
    if (!body) return;
    if (body.hidden) showAll();
    fold(body, true);
    body.scrollIntoView();
  }

  document.addEventListener("DOMContentLoaded", () => {
    switches(document.getElementById("theme"));
    const table = document.getElementById("repositories");
    if (!table) return;
    const bodies = [...table.tBodies];
    sorts(table, bodies);
    folds(table, bodies);
    const showAll = searches(bodies);
    addEventListener("hashchange", () => follows(showAll));
    follows(showAll);
  });
})();
