// A file that a page cannot take in is refused before it is sent: a message that is too long ends
// the connection to the kernel. The widget opens an input that is not in the document, so this is
// the moment to listen to it, before the widget does.
(() => {
  const refuseLarge = (event) => {
    const kind = CSS.escape(event.target.accept);
    const notice = document.querySelector(`.ape-too-large[data-accept="${kind}"]`);
    const [file] = event.target.files;
    if (!notice || !file) return;
    notice.hidden = file.size <= Number(notice.dataset.most);
    if (notice.hidden) return;
    event.stopImmediatePropagation();
    notice.textContent = `${file.name} ${notice.dataset.words}`;
  };

  const open = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function click() {
    if (this.type === "file") this.addEventListener("change", refuseLarge, { capture: true });
    open.call(this);
  };

  // The widget counts its files in the name of its button, of which none are ever kept.
  const nameButtons = () => {
    for (const button of document.querySelectorAll(".ape-upload:not([aria-label])")) {
      const name = button.textContent.replace(/\s*\(\d+\)\s*$/, "").trim();
      if (name) button.setAttribute("aria-label", name);
    }
  };

  setInterval(nameButtons, 500);
})();
