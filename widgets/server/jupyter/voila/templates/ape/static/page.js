// What the kernel cannot do itself: the address, the title, the clipboard, and noticing that the
// kernel or the server is gone. The kernel writes a pulse into the page about once a second.
(() => {
  const GONE_MS = 8000;
  const skeleton = document.getElementById("ape-skeleton");
  const lost = document.getElementById("ape-lost");
  const opened = performance.now();
  let lastTick = null;
  let lastBeat = null;
  let lastLook = opened;

  const linkTo = (run) => {
    const url = new URL(window.location.href);
    if (run) url.searchParams.set("run", run);
    return url;
  };

  const followRun = (pulse) => {
    const url = linkTo(pulse.dataset.run);
    if (url.href !== window.location.href) window.history.replaceState(null, "", url);
    if (pulse.dataset.title && document.title !== pulse.dataset.title) {
      document.title = pulse.dataset.title;
    }
  };

  const look = () => {
    const now = performance.now();
    const pulse = document.querySelector(".ape-pulse [data-tick]");
    // The dashboard is shown when it is there; an error instead of it, after a while.
    if (skeleton.isConnected && (document.querySelector(".ape-card svg, .ape-validation") || now - opened > 45000)) {
      skeleton.remove();
    }
    // A sleeping computer or a hidden page stands still without anything being wrong.
    if (now - lastLook > 4000 || document.hidden) lastBeat = now;
    lastLook = now;
    if (!pulse) return;
    followRun(pulse);
    if (pulse.dataset.tick !== lastTick) {
      lastTick = pulse.dataset.tick;
      lastBeat = now;
      lost.hidden = true;
    } else if (now - lastBeat > GONE_MS && lost.hidden) {
      lost.querySelector("a").href = linkTo(pulse.dataset.run).href;
      lost.hidden = false;
    }
  };

  document.addEventListener("visibilitychange", () => { lastBeat = performance.now(); });

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

  setInterval(look, 500);
})();
