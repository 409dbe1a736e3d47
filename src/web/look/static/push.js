// Signs this browser up for notifications. Where a browser has none, the button stays hidden and the other ways as they are.
"use strict";
(() => {
  const form = document.getElementById("sign-up"), box = document.getElementById("push");
  if (!form || !box || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  const button = box.querySelector("button"), said = document.getElementById("push-said");
  for (const part of document.querySelectorAll("[data-with-push]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-without-push]")) part.hidden = true;

  const element = (name, ...inside) => {
    const made = document.createElement(name);
    made.append(...inside);
    return made;
  };
  const link = (href, words) => Object.assign(element("a", words), { href });

  // Addresses in the answer can be pressed; all else is text.
  function line(words) {
    const parts = words.split(/(https?:\/\/\S+)/).filter(Boolean);
    return element("p", ...parts.map((part) => (/^https?:\/\//.test(part) ? link(part, part) : part)));
  }

  function say(kind, lines, own) {
    const all = lines.map(line);
    if (own) all.push(element("p", link(own, "Your watches"), ": see, pause or stop them there. Keep this link."));
    said.className = kind;
    said.replaceChildren(...all);
  }

  function bytes(text) {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  async function subscription() {
    await navigator.serviceWorker.register("/sw.js");
    const { pushManager } = await navigator.serviceWorker.ready;
    const answer = await fetch("/push/key");
    if (!answer.ok) throw new Error("CoatCheck has no key for it right now");
    const options = { userVisibleOnly: true, applicationServerKey: bytes((await answer.text()).trim()) };
    try {
      return await pushManager.subscribe(options);
    } catch (error) {
      // There may be an earlier one, of another key.
      const old = await pushManager.getSubscription();
      if (!old) throw error;
      await old.unsubscribe();
      return pushManager.subscribe(options);
    }
  }

  async function signUp() {
    const permission = await Notification.requestPermission();
    if (permission === "denied") {
      say("problem", ["Notifications from this site are blocked in your browser. Allow them for this site in the browser's settings, then press the button again."]);
      return;
    }
    if (permission !== "granted") {
      say("problem", ["Your browser asked whether to allow notifications, and got no answer. Press the button again and choose Allow."]);
      return;
    }
    const { endpoint, keys } = (await subscription()).toJSON();
    const body = new URLSearchParams(new FormData(form));
    body.delete("phone");
    for (const [name, value] of Object.entries({ endpoint, ...keys })) body.set(name, value);
    const answer = await fetch(box.dataset.to, { method: "POST", body, credentials: "same-origin" });
    if ((answer.headers.get("content-type") || "").startsWith("application/json")) {
      const { lines, own, problem } = await answer.json();
      if (problem) say("problem", [problem]); else say("done", lines, own);
    } else {
      say("problem", [answer.status === 429 ? "You sent many forms in a short time. Please wait some minutes and try again." : "That did not work. Please try again in a few minutes."]);
    }
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    say("", []);
    try {
      await signUp();
    } catch (error) {
      say("problem", [`This browser could not be signed up: ${error.message}.`, "Please try again, or choose another way to be notified."]);
    }
    button.disabled = false;
  });
})();
