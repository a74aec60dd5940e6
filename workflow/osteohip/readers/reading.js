"use strict";

/* The page on which heat maps are judged. An answer is {adequate, reason, seconds}; adequate is
   "yes", "no" or, where only time was spent, empty. */
(() => {
  const { element, data } = kit;
  const SLOT = `osteohip reading ${data.deck}`;

  const answers = recall();
  let at = 1;
  let since = performance.now();
  const view = { x: 0, y: 0 };

  function recall() {
    const kept = kit.kept(SLOT);
    const fits =
      Array.isArray(kept) && kept.length === data.items &&
      kept.every((a) => ["yes", "no", ""].includes(a?.adequate) && typeof a.reason === "string" && a.seconds >= 0);
    return fits ? kept : Array.from({ length: data.items }, () => ({ adequate: "", reason: "", seconds: 0 }));
  }

  const done = () => answers.filter((answer) => answer.adequate).length;
  const finished = () => at > data.items;

  /** Add the time that the item was looked at, and keep all answers. */
  function clock() {
    const now = performance.now();
    if (!finished() && !document.hidden) answers[at - 1].seconds += (now - since) / 1000;
    since = now;
    kit.keep(SLOT, answers);
  }

  // The same deck in another tab: without this, its answers would be written over.
  window.addEventListener("storage", (event) => {
    if (event.key !== SLOT) return;
    recall().forEach((answer, index) => (answers[index] = answer));
    draw();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      const now = performance.now();
      if (!finished()) answers[at - 1].seconds += (now - since) / 1000;
      kit.keep(SLOT, answers);
    }
    since = performance.now();
  });

  /* ---------- showing ---------- */

  const frames = [...document.querySelectorAll(".frame")];
  const images = [...document.querySelectorAll(".frame img")];

  function show(item) {
    at = Math.max(1, Math.min(data.items + 1, item));
    if (!finished()) {
      for (const image of images) {
        const kind = image.id === "heat" ? "heat" : "crop";
        image.src = `data:image/png;base64,${element(`${kind}-${at}`).textContent}`;
      }
      whole();
    }
    draw();
  }

  function draw() {
    for (const figure of document.querySelectorAll("#pictures figure")) figure.hidden = finished();
    element("finished").hidden = !finished() || done() < data.items;
    const answer = answers[at - 1] || { adequate: "", reason: "" };
    element("name").textContent = finished() ? "" : `Picture ${at} of ${data.items}`;
    element("yes").setAttribute("aria-pressed", String(answer.adequate === "yes"));
    element("no").setAttribute("aria-pressed", String(answer.adequate === "no"));
    element("said").textContent = answer.adequate
      ? `${answer.adequate === "yes" ? "Adequate" : "Not adequate"}${answer.reason ? `: ${answer.reason}` : ""}`
      : finished() ? "" : "not read yet";
    element("bar").max = data.items;
    element("bar").value = done();
    element("count").textContent = `${done()} of ${data.items} read`;
    const zoom = element("zoom").value / 100;
    for (const image of images) image.style.transform = `translate(${view.x}%, ${view.y}%) scale(${zoom})`;
    element("heat").style.opacity = element("opacity").value / 100;
  }

  function resize() {
    const area = element("pictures");
    const size = Math.max(120, Math.min((area.clientWidth - 30) / 2, area.clientHeight - 46));
    area.style.setProperty("--size", `${Math.floor(size)}px`);
  }

  /** Keep the picture inside its frame; x and y are its shift in percent of the frame. */
  function shift(x, y) {
    const least = 100 - Number(element("zoom").value);
    view.x = Math.max(least, Math.min(0, x));
    view.y = Math.max(least, Math.min(0, y));
    draw();
  }

  function zoomTo(percent, x = 50, y = 50) {
    const before = Number(element("zoom").value);
    element("zoom").value = percent;
    const factor = Number(element("zoom").value) / before;
    shift(x - (x - view.x) * factor, y - (y - view.y) * factor);
  }

  function whole() {
    element("zoom").value = 100;
    view.x = view.y = 0;
  }

  for (const frame of frames) {
    frame.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const place = frame.getBoundingClientRect();
        zoomTo(
          element("zoom").value * (event.deltaY < 0 ? 1.2 : 1 / 1.2),
          ((event.clientX - place.left) / place.width) * 100,
          ((event.clientY - place.top) / place.height) * 100,
        );
      },
      { passive: false },
    );
    frame.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      const start = { x: event.clientX, y: event.clientY, ...{ vx: view.x, vy: view.y } };
      frame.onpointermove = (move) =>
        shift(
          start.vx + ((move.clientX - start.x) / frame.clientWidth) * 100,
          start.vy + ((move.clientY - start.y) / frame.clientHeight) * 100,
        );
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (frame.onpointermove = null));
  }

  /* ---------- answering ---------- */

  function go(item) {
    clock();
    show(item);
  }

  const firstOpen = () => answers.findIndex((other) => !other.adequate) + 1 || data.items + 1;

  function answer(adequate, reason) {
    if (finished()) return;
    const unread = !answers[at - 1].adequate;
    Object.assign(answers[at - 1], { adequate, reason });
    clock();
    // Behind a picture that had been left out, what is read already is passed over.
    const over = at === data.items || (unread && answers[at].adequate);
    show(over ? firstOpen() : at + 1);
  }

  async function ask() {
    if (finished()) return null;
    element("reasons").hidden = false;
    element("words").hidden = true;
    element("reason").value = "";
    const said = await kit.ask(element("why"), { mayCancel: true });
    if (said === "words") return element("reason").value.trim().replace(/\s+/g, " ");
    return said === "none" ? "" : said;
  }

  async function no() {
    const reason = await ask();
    if (reason !== null) answer("no", reason);
  }

  async function explain() {
    if (finished() || !answers[at - 1].adequate) return kit.say("Answer first, then give a reason.");
    const reason = await ask();
    if (reason === null) return;
    answers[at - 1].reason = reason;
    clock();
    draw();
  }

  element("other-reason").onclick = () => {
    element("reasons").hidden = true;
    element("words").hidden = false;
    element("reason").focus();
  };
  element("why").addEventListener("keydown", (event) => {
    if (!element("words").hidden || event.repeat) return;
    const key = kit.keyOf(event);
    // The same key once more: not adequate, and no reason given.
    const place = key === "n" ? 0 : /^[1-9]$/.test(key) ? Number(key) : -1;
    const choice = element("reasons").querySelectorAll("button")[place];
    if (!choice) return;
    event.preventDefault();
    event.stopPropagation(); // the dialog closes at once, and the page would take the key too
    choice.click();
  });

  function save() {
    if (!done()) return kit.say("Nothing is read yet, so there is nothing to export.");
    clock();
    const rows = answers.map((a, i) => [data.deck, i + 1, data.reader, a.adequate, a.reason, a.seconds.toFixed(1)]);
    kit.download(data.export, kit.csv([data.columns, ...rows.filter((row) => row[3])]));
    const open = data.items - done();
    kit.say(`${data.export} holds ${done()} of ${data.items} readings${open ? `; still open: ${open}.` : ". All are read."}`);
  }

  /* ---------- keys and buttons ---------- */

  const heat = (by) => {
    element("opacity").value = Number(element("opacity").value) + by;
    draw();
  };
  const KEYS = {
    y: () => answer("yes", ""),
    n: no,
    b: () => go(at - 1),
    ArrowLeft: () => go(at - 1),
    ArrowRight: () => go(Math.min(at + 1, data.items)),
    End: () => go(firstOpen()),
    r: explain,
    e: save,
    ",": () => heat(-10),
    ".": () => heat(10),
    "+": () => zoomTo(element("zoom").value * 1.5),
    "=": () => zoomTo(element("zoom").value * 1.5),
    "-": () => zoomTo(element("zoom").value / 1.5),
    0: () => {
      whole();
      draw();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (kit.typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      element("heat").style.opacity = 0;
      return;
    }
    const key = kit.keyOf(event);
    const action = KEYS[key];
    // A key that is held down answers once.
    if (!action || (event.repeat && "yn".includes(key))) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " ") draw();
  });

  for (const [id, action] of Object.entries({
    yes: KEYS.y, no, back: KEYS.b, ahead: KEYS.ArrowRight, "why-button": explain, export: save, finish: save, again: KEYS.b,
  })) {
    element(id).onclick = () => {
      element(id).blur();
      action();
    };
  }
  element("opacity").oninput = draw;
  element("zoom").oninput = () => shift(view.x, view.y);
  for (const id of ["opacity", "zoom"]) element(id).onchange = () => element(id).blur();
  window.addEventListener("pagehide", clock);
  new ResizeObserver(resize).observe(element("pictures"));

  const scale = element("scale").getContext("2d");
  data.colours.forEach((colour, x) => {
    scale.fillStyle = colour;
    scale.fillRect(x, 0, 1, 1);
  });

  resize();
  show(firstOpen());
})();
