"use strict";

/* What the pages of the kits share: storage, CSV, download, messages. No page reaches a network. */
const kit = (() => {
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("data").textContent);

  /** Keep a value in this browser; where it cannot be kept the page says so, and goes on. */
  function keep(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      element("warning").hidden = true;
      return true;
    } catch {
      element("warning").hidden = false;
      window.onbeforeunload = () => true;
      return false;
    }
  }

  /** Return what was kept, null where nothing was or where it is not readable. */
  function kept(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  }

  function csv(rows) {
    const cell = (value) => {
      const text = value === null || value === undefined ? "" : String(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return rows.map((row) => row.map(cell).join(",") + "\n").join("");
  }

  function download(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  let fading = 0;
  function say(text) {
    element("message").textContent = text;
    element("message").hidden = false;
    clearTimeout(fading);
    fading = setTimeout(() => (element("message").hidden = true), 6000);
  }

  /** Show a dialog until `accept` is called with an answer; return a promise of the answer. */
  function ask(dialog, { mayCancel }) {
    return new Promise((resolve) => {
      dialog.oncancel = (event) => {
        if (!mayCancel) event.preventDefault();
      };
      dialog.onclose = () => resolve(dialog.returnValue || null);
      dialog.returnValue = "";
      dialog.showModal();
    });
  }

  /** True where a key belongs to a field or a dialog and not to the page. */
  function typing(event) {
    const field = event.target.closest("input");
    // A field keeps the focus for a moment after its dialog has closed.
    const shown = field && field.offsetParent;
    return Boolean(document.querySelector("dialog[open]") || (shown && field.type !== "range"));
  }

  /** The key that was meant: with Hangul or another script switched on, the Latin one in its place. */
  function keyOf(event) {
    const latin = /^Key([A-Z])$/.exec(event.code);
    const foreign = event.key === "Process" || (event.key.length === 1 && event.key > "~");
    if (latin && foreign) return latin[1].toLowerCase();
    return event.key.length === 1 ? event.key.toLowerCase() : event.key;
  }

  return { element, data, keyOf, keep, kept, csv, download, say, ask, typing };
})();
