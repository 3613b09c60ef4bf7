// Notices that the process behind the page or the server is gone, says so and offers the way back.
// The kernel writes a pulse into the page about once a second; when it stands still, the server is
// asked about the kernel.
(() => {
  const SUSPICIOUS_MS = 3500;
  const SILENT_MS = 8000;
  const ASK_AGAIN_MS = 2000;
  const SLOW_MS = 30000;
  const START_MS = 150000; // by then the loader of the programs has given up, too
  const MARK = "ape-started-again";
  const WORDS = {
    silent: ["APE has not answered for a while.", "Runs go on without this page. Wait a little, or reload it.", "Reload"],
    gone: ["The process behind this page has ended.", "Nothing is lost: runs go on without it, and are here again when you reload.", "Reload and go on"],
    unreachable: ["APE cannot be reached.", "Its server has stopped, or the network is away. What was simulated is kept. This page looks again every few seconds.", "Try now"],
    slow: ["APE is taking long to start.", "The machine is busy. The page comes by itself; runs go on without it.", "Reload"],
    broken: ["APE could not start this page.", "Your runs are not affected. If it happens again after a reload, look at the messages of the server.", "Reload"],
  };
  const lost = document.getElementById("ape-lost");
  const cells = document.getElementById("rendered_cells");
  let lastTick = null;
  let lastBeat = performance.now();
  let lastLook = lastBeat;
  let lastAsked = -Infinity;
  let shown = "";
  let unloaded = false;

  const pulse = () => document.querySelector(".ape-pulse [data-tick]");

  // What Voilà writes where the page should be when its notebook failed.
  const failure = () => !pulse() && cells.querySelector('[data-mime-type="application/vnd.jupyter.stderr"]');

  // The address of this page, with what it shows.
  const here = () => {
    const url = new URL(window.location.href);
    const shown = new URLSearchParams(pulse()?.dataset.address);
    for (const [name, value] of shown) url.searchParams.set(name, value);
    return url.href;
  };

  const say = (state) => {
    if (state === shown) return;
    shown = state;
    lost.hidden = !state;
    // What is dead must not look as if it could be pressed.
    cells.inert = state === "gone" || state === "unreachable";
    cells.classList.toggle("ape-dead", Boolean(state && failure()));
    if (!state) return;
    const [what, so, way] = WORDS[state];
    lost.querySelector("b").textContent = what;
    lost.querySelector("span").textContent = so;
    lost.querySelector("a").textContent = way;
    lost.querySelector("a").href = here();
    if (state !== "slow") document.getElementById("ape-skeleton")?.remove();
  };

  const came = () => {
    try { sessionStorage.removeItem(MARK); } catch (forbidden) { /* nothing was kept either */ }
  };

  // A page whose programs did not all arrive is loaded again, as its visitor would, but once only.
  const startAgain = () => {
    try {
      if (!sessionStorage.getItem(MARK)) {
        sessionStorage.setItem(MARK, "yes");
        window.location.replace(here());
        return;
      }
    } catch (forbidden) { /* a browser that keeps nothing: then its visitor decides */ }
    say("broken");
  };

  // "there", "gone" or "unreachable".
  const askServer = async () => {
    const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
    if (!config.kernelId) return "gone";
    const url = new URL(`${config.baseUrl}api/kernels/${config.kernelId}`, window.location.href);
    try {
      const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(ASK_AGAIN_MS) });
      if (answer.status >= 500) return "unreachable";
      return answer.ok ? "there" : "gone";
    } catch (failed) {
      return failed.name === "TimeoutError" ? "there" : "unreachable";
    }
  };

  const judge = async (still, asked) => {
    const found = await askServer();
    if (asked !== lastAsked) return; // it has beaten since
    if (found !== "there") say(found);
    else if (pulse()) say(still > SILENT_MS ? "silent" : "");
    else if (failure()) say("broken");
    else if (unloaded || still > START_MS) startAgain();
    else if (still > SLOW_MS) say("slow");
  };

  const look = () => {
    const now = performance.now();
    // A sleeping computer or a hidden page stands still without anything being wrong.
    if (now - lastLook > 4000 || document.hidden || document.readyState === "loading") lastBeat = now;
    lastLook = now;
    const tick = pulse()?.dataset.tick ?? null;
    if (tick !== lastTick) {
      if (!lastTick) came();
      lastTick = tick;
      lastBeat = now;
      lastAsked = -Infinity;
      say("");
    } else if (now - lastBeat > SUSPICIOUS_MS && now - lastAsked > ASK_AGAIN_MS) {
      lastAsked = now;
      judge(now - lastBeat, now);
    }
  };

  window.addEventListener("unhandledrejection", (event) => {
    if (/ChunkLoadError|ScriptExternalLoadError/.test(event.reason?.name)) unloaded = true;
  });
  window.addEventListener("error", (event) => {
    if (event.target instanceof HTMLScriptElement) unloaded = true;
  }, true);
  document.addEventListener("visibilitychange", () => { lastBeat = performance.now(); });
  setInterval(look, 500);
})();
