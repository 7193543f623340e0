// Keeps the page new: the server says that something changed, the page is fetched again, what differs is replaced.
"use strict";
(() => {
  const LONGEST_REST = 20000; // Milliseconds after which a page is fetched though nothing was said to have changed.
  let source = null;
  let isFetching = false;
  let isAgain = false;
  let offset = 0; // How far this machine's clock is before the server's, in milliseconds.

  const say = (words) => {
    const place = document.getElementById("link");
    if (place && place.textContent !== words) place.textContent = words;
  };

  const two = (number) => String(number).padStart(2, "0");

  // As octotui.units.countdown writes it.
  const countdown = (seconds) => {
    const left = Math.max(0, Math.floor(seconds));
    const days = Math.floor(left / 86400);
    const hours = Math.floor(left / 3600);
    const minutes = Math.floor(left / 60);
    if (days >= 100) return `${days}d`;
    if (days) return `${days}d ${hours % 24}h`;
    if (hours) return `${hours}h ${two(minutes % 60)}m`;
    if (left >= 900) return `${minutes}m`;
    return minutes ? `${minutes}m ${two(left % 60)}s` : `${left}s`;
  };

  const tick = () => {
    for (const each of document.querySelectorAll("[data-left]")) {
      const left = Number(each.dataset.left) - (Date.now() - offset) / 1000;
      const words = left <= 0 ? "gone" : ("estimate" in each.dataset ? "~" : "") + countdown(left);
      if (each.textContent !== words) each.textContent = words;
    }
    const clock = document.querySelector("#loss [data-left]");
    const title = clock ? `${clock.textContent} · octotui` : "octotui";
    if (document.title !== title) document.title = title;
  };

  const replace = (fresh) => {
    const focused = document.activeElement;
    const link = focused && focused.getAttribute ? focused.getAttribute("href") : null;
    for (const old of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(old.id);
      if (next && next.innerHTML !== old.innerHTML) {
        const held = old.contains(focused) && link;
        old.replaceChildren(...next.childNodes);
        if (held) {
          const again = [...old.querySelectorAll("a")].find((each) => each.getAttribute("href") === link);
          if (again) again.focus({ preventScroll: true });
        }
      }
    }
  };

  const refresh = async () => {
    if (isFetching) {
      isAgain = true;
      return;
    }
    isFetching = true;
    isAgain = false;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const said = Date.parse(answer.headers.get("date") || "");
      if (said) offset = Math.abs(Date.now() - said) > 2000 ? Date.now() - said : 0;
      replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      tick();
      say(source && source.readyState === EventSource.OPEN ? "Live." : "");
    } catch (error) {
      say("The server does not answer; it is asked again.");
    } finally {
      isFetching = false;
    }
    if (isAgain) refresh();
  };

  const listen = () => {
    if (source) source.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource("/live");
    source.addEventListener("changed", refresh);
    source.onopen = () => say("Live.");
    source.onerror = () => {
      say("The server does not answer; it is asked again.");
      // A browser gives up where it was refused (too many look on); a plain refresh goes on.
      if (source && source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
  };

  document.addEventListener("visibilitychange", () => {
    listen();
    if (!document.hidden) refresh();
  });
  setInterval(tick, 1000);
  setInterval(() => document.hidden || refresh(), LONGEST_REST);
  listen();
})();
