// What the kernel cannot do itself: the address, the title, the clipboard.
(() => {
  const skeleton = document.getElementById("ape-skeleton");
  const opened = performance.now();
  let shown = "";

  const followPage = (pulse) => {
    const url = new URL(window.location.href);
    // In one column the form folds away over the answer, which begins at the top.
    if (shown && shown !== pulse.dataset.address && innerWidth <= 720) window.scrollTo(0, 0);
    shown = pulse.dataset.address;
    for (const [name, value] of new URLSearchParams(shown)) url.searchParams.set(name, value);
    if (url.href !== window.location.href) window.history.replaceState(null, "", url);
    if (pulse.dataset.title && document.title !== pulse.dataset.title) {
      document.title = pulse.dataset.title;
    }
  };

  const look = () => {
    const pulse = document.querySelector(".ape-pulse [data-tick]");
    if (pulse) followPage(pulse);
  };

  // What a narrow list cuts off can be read where somebody points at it.
  document.addEventListener("pointerover", ({ target }) => {
    if (target.matches?.(".ape select")) target.title = target.selectedOptions[0]?.text ?? "";
  });

  // The dashboard is shown when it is there; an error instead of it, after a while.
  const unveil = () => {
    const isThere = document.querySelector(".ape-card svg, .ape-frame:not(.ape-page-dashboard)");
    if (isThere || performance.now() - opened > 45000) skeleton.remove();
    else setTimeout(unveil, 50);
  };

  // From page to page the runs that are shown come along.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".ape-pages a");
    if (!link) return;
    const url = new URL(link.href);
    const here = new URLSearchParams(window.location.search);
    for (const name of ["run", "runs"]) if (here.has(name)) url.searchParams.set(name, here.get(name));
    link.href = url.href;
  });

  document.addEventListener("click", async (event) => {
    const link = event.target.closest(".ape-copy-link");
    if (!link) return;
    event.preventDefault();
    const words = link.textContent;
    try {
      await navigator.clipboard.writeText(new URL(link.href, window.location.href).href);
      link.textContent = "Link copied";
    } catch (refused) {
      link.textContent = "Copy the address above";
    }
    setTimeout(() => { link.textContent = words; }, 2000);
  });

  // A table as a word processor and a spreadsheet take it.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".ape-copy-table");
    if (!button) return;
    const table = button.parentElement.querySelector("table");
    const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\s+/g, " ").trim()));
    const words = button.textContent;
    try {
      const kinds = { "text/plain": rows.map((row) => row.join("\t")).join("\n"), "text/html": table.outerHTML };
      const parts = Object.entries(kinds).map(([type, content]) => [type, new Blob([content], { type })]);
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(parts))]);
      button.textContent = "Table copied";
    } catch (refused) {
      button.textContent = "Not allowed here: save it as CSV instead";
    }
    setTimeout(() => { button.textContent = words; }, 2000);
  });

  // Between the full and the light page; the choice is kept for a year.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".ape-switch");
    if (!link) return;
    event.preventDefault();
    const base = JSON.parse(document.getElementById("jupyter-config-data").textContent).baseUrl;
    document.cookie = `ape-light=${link.dataset.light}; path=${base}; max-age=31536000; samesite=lax`;
    const url = new URL(window.location.href);
    url.searchParams.set("light", link.dataset.light);
    window.location.assign(url);
  });

  // A field that is left tells the kernel, as it does when Enter is pressed in it: what was
  // understood is then written into it. The wait lets the last letters arrive before.
  document.addEventListener("focusout", (event) => {
    const field = event.target;
    if (!field.matches(".ape-field > input")) return;
    setTimeout(() => {
      if (document.activeElement === field || !field.isConnected) return;
      field.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", keyCode: 13, bubbles: true }));
    }, 400);
  });

  unveil();
  setInterval(look, 500);
})();
