// Keeps an open page true. One event stream for all tabs of a browser: the tab that holds a lock reads it and passes it on.
// Without a stream the page is fetched again every half minute; without this script it is as it was when it was loaded.
"use strict";
(() => {
  const part = () => document.getElementById("part");
  if (!part() || !window.EventSource || !window.fetch) return;
  const POLL = 30000, SILENCE = 35000;
  let since = Number(part().dataset.since), heard = Date.now(), fetching = false, waiting = [];
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("coatcheck") : null;

  function show(state, words) {
    const live = document.getElementById("live");
    if (!live) return;
    live.dataset.state = state;
    if (words !== undefined) live.querySelector(".words").textContent = words;
  }

  // The same words as look/when.rs.
  function ago(then) {
    const s = Math.floor((Date.now() - then) / 1000);
    if (s < 5) return "just now";
    if (s < 60) return s + " s ago";
    if (s < 3600) return Math.floor(s / 60) + " min ago";
    if (s < 86400) return Math.floor(s / 3600) + " h ago";
    if (s < 172800) return "1 day ago";
    return s < 1209600 ? Math.floor(s / 86400) + " days ago" : null;
  }

  function count() {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const words = ago(Date.parse(time.dateTime));
      if (words) time.textContent = words;
    }
  }

  // Whoever works by keyboard stays where they were.
  function keepingFocus(change) {
    const id = document.activeElement && document.activeElement.id;
    change();
    if (id && !(document.activeElement && document.activeElement.id === id)) {
      const again = document.getElementById(id);
      if (again) again.focus({ preventScroll: true });
    }
    count();
  }

  async function refresh() {
    if (fetching) return;
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("part");
      if (!next) throw new Error("another page");
      const open = [...part().querySelectorAll("details[open][id]")].map((it) => it.id);
      keepingFocus(() => part().replaceWith(document.adoptNode(next)));
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      since = Math.max(since, Number(next.dataset.since));
      heard = Date.now();
      show("polling");
    } catch {
      show("away", "Connection lost, trying again");
    } finally {
      fetching = false;
    }
  }

  // A thousand pages must not all ask in the same instant.
  let planned = 0;
  const soon = () => { planned ||= setTimeout(() => { planned = 0; refresh(); }, Math.random() * 1000); };

  function say(words) {
    if (waiting.push(words) > 1) return;
    setTimeout(() => {
      const said = document.getElementById("said");
      if (said) said.textContent = waiting.length > 3 ? waiting.length + " products are back in stock" : waiting.join(". ");
      waiting = [];
    }, 1500);
  }

  function stock(change) {
    since = Math.max(since, change.id);
    const mode = part().dataset.live;
    if (mode === "product:" + change.product) soon();
    const card = mode === "cards" ? document.getElementById("p" + change.product) : null;
    if (card) {
      const made = document.createElement("template");
      made.innerHTML = change.html;
      const next = made.content.firstElementChild;
      for (const cell of next.querySelectorAll("[data-look]")) {
        const before = card.querySelector('[id="' + cell.id + '"]');
        if (before && before.dataset.look !== cell.dataset.look) cell.classList.add("changed");
      }
      keepingFocus(() => card.replaceWith(next));
    }
    // A product that this page lacks: it is new, or it is back and only what is there is shown.
    const isFiltered = new URLSearchParams(location.search).get("show") === "in-stock";
    if (mode === "cards" && !card && (change.new || (change.back && isFiltered))) soon();
    if (change.back && (card || mode === "product:" + change.product)) say(change.back);
  }

  function act({ type, data }) {
    heard = Date.now();
    const said = data ? JSON.parse(data) : {};
    if (type === "stock") stock(said);
    if (type === "reload") soon();
    if (type === "beat") {
      show("live", said.read ? "Live, checked " + ago(Date.parse(said.read)) : "Live");
      // A change that this page has not heard of: it was asleep, or came back from the history.
      if (said.id > since) { since = said.id; soon(); }
    }
  }

  function read() {
    const source = new EventSource("/live?since=" + since);
    for (const type of ["stock", "beat", "reload"]) {
      source.addEventListener(type, (event) => {
        const message = { type, data: event.data };
        if (channel) channel.postMessage(message);
        act(message);
      });
    }
    // The browser tries again by itself unless it was refused.
    source.addEventListener("error", () => { if (source.readyState === 2) setTimeout(read, 4 * POLL); });
  }

  if (channel && navigator.locks) {
    channel.addEventListener("message", (event) => act(event.data));
    navigator.locks.request("coatcheck-live", () => { read(); return new Promise(() => {}); });
  } else {
    read();
  }
  setInterval(count, 10000);
  setInterval(() => { if (Date.now() - heard > SILENCE) { heard = Date.now() - SILENCE + POLL; refresh(); } }, 5000);
})();
