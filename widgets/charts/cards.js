// The menu of every card: save the chart as PNG or SVG, its numbers as CSV, or enlarge it.
// Made here and not by the kernel, so that a card costs nothing more to make or to update.
(() => {
  if (window.apeCards) return; // a notebook may run this again
  window.apeCards = true;
  const SVG = "http://www.w3.org/2000/svg";
  const PIXELS = 3; // of the image for each of the page
  const PATIENCE_MS = 20000;
  const PAINT = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity",
    "font-family", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline",
    "shape-rendering", "stroke-linecap", "stroke-linejoin", "visibility",
  ];
  const OURS = "button, .ape-present-bar, .ape-unseen, script, style, canvas"; // are not drawn
  const measure = document.createElement("canvas").getContext("2d");
  const clear = (colour) => !colour || colour === "transparent" || /, 0\)$/.test(colour);

  const drawn = (name, attributes, content) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (content !== undefined) made.textContent = content;
    return made;
  };

  // A drawing of the page with its colours and letters written into it: it is read without the page.
  const copyDrawing = (svg, at, frame) => {
    const copy = svg.cloneNode(true);
    const from = [svg, ...svg.querySelectorAll("*")];
    const to = [copy, ...copy.querySelectorAll("*")];
    const gone = [];
    from.forEach((element, i) => {
      const style = getComputedStyle(element);
      if (style.display === "none" || element.matches(OURS)) gone.push(to[i]);
      to[i].removeAttribute("class");
      to[i].removeAttribute("style");
      to[i].removeAttribute("aria-hidden");
      for (const name of PAINT) {
        const value = style.getPropertyValue(name);
        if (value && value !== "normal" && value !== "auto") to[i].setAttribute(name, value);
      }
    });
    gone.forEach((element) => element.remove());
    const place = { x: at.left - frame.left, y: at.top - frame.top, width: at.width, height: at.height };
    for (const [key, value] of Object.entries(place)) copy.setAttribute(key, value);
    copy.setAttribute("overflow", "visible");
    return copy;
  };

  // The lines of a text as they are broken on the page.
  const copyWords = (node, frame, into) => {
    const style = getComputedStyle(node.parentElement);
    measure.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const { fontBoundingBoxAscent: rise, fontBoundingBoxDescent: fall } = measure.measureText("x");
    const range = document.createRange();
    const lines = [];
    for (const { index, 0: word } of node.data.matchAll(/\S+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const at = range.getBoundingClientRect();
      if (!at.width) continue;
      const last = lines.at(-1);
      if (last && Math.abs(last.at.top - at.top) < 2) last.words += ` ${word}`;
      else lines.push({ at, words: word });
    }
    for (const { at, words } of lines) {
      const base = at.top + (at.height - rise - fall) / 2 + rise;
      into.append(drawn("text", {
        x: at.left - frame.left, y: base - frame.top, fill: style.color, "font-family": style.fontFamily,
        "font-size": style.fontSize, "font-weight": style.fontWeight, "font-style": style.fontStyle,
      }, words));
    }
  };

  // Swatches and surfaces.
  const copyBox = (element, style, frame, into) => {
    const line = parseFloat(style.borderTopWidth) || 0;
    if (clear(style.backgroundColor) && !line) return;
    const at = element.getBoundingClientRect();
    const [width, height] = [element.offsetWidth, element.offsetHeight];
    const [x, y] = [at.left + at.width / 2 - frame.left, at.top + at.height / 2 - frame.top];
    const turned = style.transform.startsWith("matrix") ? style.transform.replace(/(, [^,]+){2}\)$/, ", 0, 0)") : "";
    into.append(drawn("rect", {
      x: -width / 2 + line / 2, y: -height / 2 + line / 2, width: Math.max(0, width - line), height: Math.max(0, height - line),
      rx: parseFloat(style.borderTopLeftRadius) || 0, fill: clear(style.backgroundColor) ? "none" : style.backgroundColor,
      stroke: line ? style.borderTopColor : "none", "stroke-width": line,
      transform: `translate(${x} ${y}) ${turned}`.trim(),
    }));
  };

  const copyAll = (element, frame, into) => {
    if (element.checkVisibility && !element.checkVisibility()) return; // as what is folded away
    const style = getComputedStyle(element);
    if (element.matches(OURS) || style.display === "none" || style.visibility === "hidden" || style.opacity === "0") return;
    if (element instanceof SVGSVGElement) {
      into.append(copyDrawing(element, element.getBoundingClientRect(), frame));
      return;
    }
    if (element.matches("select")) {
      const at = element.getBoundingClientRect();
      into.append(drawn("text", {
        x: at.left - frame.left + 6, y: at.top - frame.top + at.height / 2, "dominant-baseline": "central", fill: style.color,
        "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": 600,
      }, element.selectedOptions[0]?.textContent ?? ""));
      return;
    }
    copyBox(element, style, frame, into);
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) copyWords(child, frame, into);
      else if (child.nodeType === Node.ELEMENT_NODE) copyAll(child, frame, into);
    }
  };

  const pictureOf = (card) => {
    const frame = card.getBoundingClientRect();
    const [width, height] = [Math.ceil(frame.width), Math.ceil(frame.height)];
    const picture = drawn("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
    picture.append(drawn("title", {}, headingOf(card)));
    const surface = getComputedStyle(card).backgroundColor;
    picture.append(drawn("rect", { width, height, fill: clear(surface) ? "white" : surface }));
    for (const child of card.children) copyAll(child, frame, picture);
    return { text: new XMLSerializer().serializeToString(picture), width, height };
  };

  const headingOf = (card) => card.querySelector("h2, h3")?.textContent ?? "Chart";
  const nameOf = (card) => [...card.classList].find((name) => name.startsWith("ape-as-"))?.slice(7) ?? "";

  // What a file is called: the run that it shows is part of its name.
  const fileOf = (card, kind) => {
    const pulse = card.closest(".ape").querySelector(".ape-pulse [data-tick]");
    const shown = [...new URLSearchParams(pulse?.dataset.address).values()];
    return ["ape", ...shown.map((value) => value.replace(/[^a-z0-9]+/gi, "-")), nameOf(card)].join("-") + `.${kind}`;
  };

  const hand = (card, kind, href) => {
    const link = document.createElement("a");
    link.href = href;
    link.download = fileOf(card, kind);
    document.body.append(link);
    link.click();
    link.remove();
    tell(`${link.download} is saved.`);
  };

  const handFile = (card, kind, file) => {
    const address = URL.createObjectURL(file);
    hand(card, kind, address);
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };

  const saveDrawing = (card) => {
    handFile(card, "svg", new Blob([pictureOf(card).text], { type: "image/svg+xml" }));
  };

  const saveImage = async (card) => {
    const picture = pictureOf(card);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture.text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = PIXELS * picture.width;
    canvas.height = PIXELS * picture.height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const file = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
    handFile(card, "png", file);
  };

  // The kernel is asked through a field that is not seen, and answers with a link.
  const saveNumbers = async (card) => {
    const page = card.closest(".ape");
    const field = page.querySelector(".ape-ask-numbers input");
    const ask = (words) => {
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const token = String(Date.now());
    ask(`${nameOf(card)} ${token}`);
    const until = performance.now() + PATIENCE_MS;
    let answer = null;
    while (!answer && performance.now() < until) {
      await new Promise((done) => { setTimeout(done, 60); });
      answer = page.querySelector(`.ape-numbers [data-token="${token}"]`);
    }
    if (answer?.href) hand(card, "csv", answer.href);
    else tell(answer ? answer.textContent : "The numbers did not come. Is the page still connected?");
    ask("");
  };

  // What was done, for all readers.
  let said = null;
  const tell = (words) => {
    said ??= Object.assign(document.createElement("div"), { className: "ape-told-briefly", popover: "manual" });
    said.setAttribute("role", "status");
    if (!said.isConnected) document.body.append(said);
    said.showPopover?.();
    said.textContent = words;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { said.hidePopover?.(); }, 4000);
  };

  // One menu for all cards; it stands above everything and closes by itself.
  let menu = null;
  let opener = null;
  const ITEMS = [
    ["Save as PNG", saveImage], ["Save as SVG", saveDrawing], ["Save numbers as CSV", saveNumbers],
    ["Enlarge", (card) => present(card)],
  ];

  const makeMenu = () => {
    menu = Object.assign(document.createElement("div"), { className: "ape-menu", popover: "auto" });
    menu.setAttribute("role", "menu");
    for (const [words, action] of ITEMS) {
      const item = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      item.setAttribute("role", "menuitem");
      item.addEventListener("click", async () => {
        const card = opener.closest(".ape-card");
        menu.hidePopover();
        opener.focus();
        try {
          await action(card);
        } catch (failed) {
          tell(`This could not be done: ${failed.message}`);
        }
      });
      menu.append(item);
    }
    menu.addEventListener("keydown", (event) => {
      const items = [...menu.children].filter((item) => !item.hidden);
      const here = items.indexOf(document.activeElement);
      const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 };
      if (event.key in steps) items.at(steps[event.key] % items.length).focus();
      else if (event.key === "Tab") menu.hidePopover();
      else if (event.key === "Escape") { menu.hidePopover(); opener.focus(); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    menu.addEventListener("toggle", (event) => {
      opener?.setAttribute("aria-expanded", event.newState === "open");
    });
    document.body.append(menu);
  };

  const openMenu = (button) => {
    if (!menu) makeMenu();
    opener = button;
    const card = button.closest(".ape-card");
    menu.setAttribute("aria-label", button.getAttribute("aria-label"));
    menu.lastChild.hidden = card.matches(".ape-presented");
    menu.showPopover();
    const at = button.getBoundingClientRect();
    menu.style.top = `${Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
    menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`;
    menu.firstChild.focus();
  };

  // Presenting: one card fills the window, above everything else.
  let presented = null;
  const NAMED = '.ape-card[class*="ape-as-"]';
  const partsOf = (page) => [...page.querySelectorAll(".ape-parts button")];
  const isShown = (card) => card === presented || card.checkVisibility({ visibilityProperty: true });
  const openPart = (page) => partsOf(page).findIndex((button) => button.matches(".mod-active"));

  // The cards of the part that is open. A card that stands in several parts belongs to the first.
  const shownCards = (page) => {
    const part = openPart(page);
    const isOfEarlier = (card) => partsOf(page).slice(0, Math.max(0, part)).some((_, i) => card.matches(`.ape-in-${i}`));
    return [...page.querySelectorAll(NAMED)].filter((card) => isShown(card) && !isOfEarlier(card));
  };

  const present = (card) => {
    if (presented) put();
    const page = card.closest(".ape");
    const cards = shownCards(page);
    const place = cards.indexOf(card) < 0 ? "" : `${cards.indexOf(card) + 1} of ${cards.length}`;
    const part = partsOf(page)[openPart(page)]?.textContent ?? "";
    presented = card;
    card.popover = "manual";
    card.classList.add("ape-presented");
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", headingOf(card));
    card.dataset.lmSuppressShortcuts = "true";
    const bar = Object.assign(document.createElement("div"), { className: "ape-present-bar" });
    const way = (words, sign, action) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, title: words });
      button.setAttribute("aria-label", words);
      button.addEventListener("click", action);
      bar.append(button);
    };
    way("Chart before (left arrow)", "\u2039", () => step(-1));
    bar.append(Object.assign(document.createElement("span"), { textContent: [part, place].filter(Boolean).join(", ") }));
    way("Next chart (right arrow)", "\u203a", () => step(1));
    way("End (Esc)", "\u00d7", end);
    card.append(bar);
    card.showPopover?.();
    bar.lastChild.focus({ preventScroll: true });
  };

  // Put the card back to its place.
  const put = () => {
    const card = presented;
    presented = null;
    card.querySelector(".ape-present-bar")?.remove();
    card.hidePopover?.();
    for (const name of ["popover", "role", "aria-label", "data-lm-suppress-shortcuts"]) card.removeAttribute(name);
    card.classList.remove("ape-presented");
    return card;
  };

  const end = () => put().querySelector(".ape-card-menu")?.focus();

  // Beyond the last card of a part comes the first of the next part, once that is shown.
  const step = async (by) => {
    const card = presented;
    const page = card.closest(".ape");
    const cards = shownCards(page);
    const next = cards.indexOf(card) + by;
    const parts = partsOf(page);
    if (next >= 0 && next < cards.length) return present(cards[next]);
    if (parts.length < 2) return present(cards.at(next % cards.length));
    const part = (openPart(page) + by + parts.length) % parts.length;
    parts[part].click();
    const until = performance.now() + PATIENCE_MS;
    const isOpen = () => page.querySelector(`.ape-show-${part}`) && openPart(page) === part;
    while (!isOpen() && performance.now() < until) await new Promise((done) => { setTimeout(done, 50); });
    if (presented !== card) return undefined; // it was ended meanwhile
    put();
    const there = shownCards(page);
    return present(there.at(by > 0 ? 0 : -1) ?? card);
  };

  window.addEventListener("keydown", (event) => {
    if (!presented || menu?.matches(":popover-open")) return;
    const ways = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), Escape: end };
    if (event.target.matches?.("select, input") && event.key !== "Escape") return;
    if (event.key in ways) ways[event.key]();
    else if (event.key === "Tab") keepFocus(event);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });

  const keepFocus = (event) => {
    const stops = [...presented.querySelectorAll("button, select, a[href], summary")].filter((e) => e.offsetParent);
    const here = stops.indexOf(document.activeElement);
    stops.at((here + (event.shiftKey ? -1 : 1)) % stops.length)?.focus();
  };

  // Says which part is open, and what needs no reading: a figure is told in words beside it.
  const say = () => {
    for (const button of document.querySelectorAll(".ape-parts button")) {
      const pressed = String(button.matches(".mod-active"));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    for (const figure of document.querySelectorAll(`${NAMED} .bqplot svg:not([aria-hidden])`)) {
      figure.setAttribute("aria-hidden", "true");
    }
  };
  document.addEventListener("click", () => setTimeout(say, 150));

  // A button for each card that has a name; a light page has none.
  const furnish = () => {
    say();
    for (const card of document.querySelectorAll(`.ape:not(.ape-light) ${NAMED}`)) {
      const head = card.querySelector(".ape-card-head") ?? card;
      if (head.querySelector(":scope > .ape-card-menu") || !card.querySelector("h2, h3")) continue;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "ape-card-menu" });
      button.setAttribute("aria-haspopup", "menu");
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-label", `Save or enlarge: ${headingOf(card)}`);
      button.title = "Save or enlarge";
      button.addEventListener("click", () => openMenu(button));
      head.append(button);
    }
  };

  // `?present=1` begins with the first card.
  const begin = () => {
    const first = document.querySelector('.ape:not(.ape-light) .ape-card[class*="ape-as-"]:not(.ape-waiting)');
    if (!first || document.getElementById("ape-skeleton")) return setTimeout(begin, 300);
    return present(first);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".ape-present");
    if (!button) return;
    event.preventDefault();
    const [first] = shownCards(button.closest(".ape"));
    if (first) present(first);
  });
  if (new URLSearchParams(window.location.search).get("present") === "1") begin();
  setInterval(furnish, 500);
})();
