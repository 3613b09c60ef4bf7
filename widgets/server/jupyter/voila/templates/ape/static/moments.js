// Instants come from the kernel in UTC; they are shown in the viewer's own zone and language.
(() => {
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

  const showLocal = () => {
    for (const each of document.querySelectorAll("time.ape-moment:not([data-local])")) {
      const then = new Date(each.dateTime);
      each.dataset.local = "";
      if (Number.isNaN(then.getTime())) continue;
      each.textContent = words.format(then);
      each.title = exactly.format(then);
    }
  };

  setInterval(showLocal, 500);
})();
