// The queue by itself: new alerts come in, others are decided or opened by colleagues, and nothing that is being read
// moves. What is new waits above or between, and a button says how much it is.

const PAUSE_MS = 2000;
const CLAIMS_MS = 20_000;

export function follow({ rows, words, said, onNews, rowOf, current, opened, tell, steps, chosen }) {
  const queue = rows.closest(".queue");
  const what = document.getElementById("what-is-new");
  let fresh = 0;
  let waiting = null;
  let last = 0;

  // At most every two seconds, and not while nobody looks.
  function soon() {
    if (waiting !== null || document.hidden) return;
    waiting = setTimeout(async () => {
      last = Date.now();
      await merge().catch(() => {});
      waiting = null;
    }, Math.max(0, last + PAUSE_MS - Date.now()));
  }

  async function merge() {
    const answer = await fetch(rows.dataset.src, { headers: { Accept: "text/html", "X-Fragment": "1" } });
    if (answer.redirected || answer.status === 401) return location.reload();
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const scroller = queue.scrollHeight > queue.clientHeight && getComputedStyle(queue).overflowY !== "visible" ? queue : document.scrollingElement;
    const anchor = [...rows.querySelectorAll(".queue-row")].find((row) => row.getBoundingClientRect().bottom > queue.getBoundingClientRect().top);
    const before = anchor?.getBoundingClientRect().top;
    put(found);
    count();
    if (anchor?.isConnected) scroller.scrollTop += anchor.getBoundingClientRect().top - before;
    steps();
    chosen();
  }

  function put(found) {
    const list = rows.querySelector(".queue-rows");
    const news = [...found.querySelectorAll(".queue-row")];
    const counted = found.querySelector(".queue-count");
    if (!list) {
      rows.replaceChildren(...found.body.childNodes);
      for (const row of rows.querySelectorAll(".queue-row")) row.classList.add("fresh");
      fresh += news.length;
      return;
    }
    if (counted) rows.querySelector(".queue-count")?.replaceWith(counted);
    let behind = null;
    for (const row of news) {
      const here = rowOf(row.dataset.alert);
      if (here) {
        update(here, row);
      } else {
        row.classList.add("fresh");
        fresh += 1;
        if (behind) behind.after(row);
        else list.prepend(row);
      }
      behind = here ?? row;
    }
    const known = new Set(news.map((row) => row.dataset.alert));
    const whole = !found.querySelector(".more");
    for (const row of list.children) {
      const isBefore = whole || (behind && row.compareDocumentPosition(behind) & Node.DOCUMENT_POSITION_FOLLOWING);
      if (isBefore && !known.has(row.dataset.alert) && !row.dataset.mine) leave(row);
    }
  }

  function update(here, row) {
    if (here.dataset.state !== row.dataset.state && here.dataset.alert === current() && opened().dataset.state !== row.dataset.state) tell(words.wordChanged);
    if (here.dataset.state !== row.dataset.state || here.classList.contains("left")) {
      const wasChecked = here.querySelector("input:checked") !== null;
      const link = here.querySelector("a[aria-current]");
      here.replaceChildren(...row.childNodes);
      here.dataset.state = row.dataset.state;
      here.classList.toggle("decided", row.classList.contains("decided"));
      here.classList.remove("left");
      delete here.dataset.mine;
      if (link) here.querySelector("a").setAttribute("aria-current", "true");
      const box = here.querySelector("input");
      if (box) box.checked = wasChecked;
    } else {
      here.querySelector("time").textContent = row.querySelector("time").textContent;
    }
    hold(here, row.dataset.holder ?? null);
  }

  function hold(row, who) {
    const place = row.querySelector(".holder");
    if (who === null) delete row.dataset.holder;
    else row.dataset.holder = who;
    place.textContent = who === null ? "" : said(words.wordHolder, { who });
    place.hidden = who === null;
  }

  // Decided or gone: it stays where it is, so that nothing moves, and says so.
  function leave(row) {
    if (row.classList.contains("left")) return;
    row.classList.add("left");
    row.classList.remove("fresh");
    hold(row, null);
    const box = row.querySelector("input");
    if (box) { box.checked = false; box.disabled = true; }
    const place = row.querySelector(".holder");
    place.textContent = words.wordLeft;
    place.hidden = false;
    if (row.dataset.alert === current()) tell(words.wordChanged);
  }

  function count() {
    const shown = rows.querySelectorAll(".queue-row.fresh").length;
    fresh = Math.min(fresh, shown);
    if (fresh === 0) return what.replaceChildren();
    const button = what.querySelector("button") ?? Object.assign(document.createElement("button"), { type: "button" });
    button.textContent = said(words.wordNew, { n: fresh });
    button.onclick = () => {
      rows.querySelector(".queue-row.fresh")?.scrollIntoView({ block: "center" });
      for (const row of rows.querySelectorAll(".queue-row.fresh")) row.classList.remove("fresh");
      fresh = 0;
      what.replaceChildren();
    };
    if (!button.isConnected) what.replaceChildren(button);
  }

  async function claims() {
    if (document.hidden) return;
    const answer = await fetch("/alerts/claims", { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const having = await answer.json();
    for (const row of rows.querySelectorAll(".queue-row:not(.left)")) hold(row, having[row.dataset.alert] ?? null);
  }

  onNews("alerts", soon);
  onNews("claims", () => claims().catch(() => {}));
  setInterval(() => claims().catch(() => {}), CLAIMS_MS);
  document.addEventListener("visibilitychange", soon);
}
