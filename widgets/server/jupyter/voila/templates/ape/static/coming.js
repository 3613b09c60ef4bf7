// Holds on to the kernel of a page whose scripts are slow to come. Voilà connects only when they are
// all there, and by then the server would have ended the kernel as one whose page never came.
(() => {
  const SLOW_MS = 5000;
  const config = () => JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  const lives = () => document.querySelector(".ape-pulse [data-tick]")?.dataset.tick > 0;
  let line = null;

  const look = () => {
    const { baseUrl, kernelId } = config();
    if (lives()) {
      line?.close();
      clearInterval(looking);
    } else if (!line && kernelId) {
      const url = new URL(`${baseUrl}api/kernels/${kernelId}/channels`, window.location.href);
      url.protocol = url.protocol.replace("http", "ws");
      line = new WebSocket(url);
    }
  };

  const looking = setInterval(look, SLOW_MS);
})();
