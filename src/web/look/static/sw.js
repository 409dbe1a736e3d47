// Shows what is pushed, and opens what it is about. It keeps nothing and fetches nothing.
"use strict";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const text = (value, other) => (typeof value === "string" && value ? value : other);
// A page of ours under this path, or nothing.
const ours = (value, under) => (text(value, "").startsWith(under) ? value : undefined);

self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch { /* shown as nothing in particular */ }
  const picture = ours(said.picture, "/picture/"), manage = ours(said.manage, "/m/");
  event.waitUntil(self.registration.showNotification(text(said.title, "CoatCheck"), {
    body: text(said.body, ""), tag: text(said.tag, undefined), icon: picture || "/static/icon.svg", image: picture,
    data: { url: text(said.url, "/"), manage },
    actions: manage ? [{ action: "manage", title: "Your watches" }] : [],
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, manage } = event.notification.data;
  const place = new URL(event.action === "manage" && manage ? manage : url, self.location.origin);
  if (["http:", "https:"].includes(place.protocol)) event.waitUntil(self.clients.openWindow(place.href));
});
