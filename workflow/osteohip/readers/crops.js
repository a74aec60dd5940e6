"use strict";

/* The page on which crops are marked. A box is [x0, y0, x1, y1] in pixels of the stored matrix,
   half-open, so its edges lie on the lines between pixels. */
(() => {
  const { element, data } = kit;
  const { hips } = data;
  const ZOOMS = [0.0625, 0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8];
  const GRIP = 9; // screen pixels within which an edge is taken hold of
  const LEAST = 4; // a smaller box is a slip of the mouse
  const WHO = "osteohip annotator";
  const slot = (hip) => `osteohip crop ${hip.key}`;

  const clean = (state) => ({ box: state.box, reason: state.reason, annotator: state.annotator });
  const given = (hip) => clean(hip.given || { box: null, reason: "", annotator: "" });

  /** Return what this browser kept of a hip, else what crops.csv says of it. */
  function recall(hip) {
    const state = kit.kept(slot(hip));
    if (typeof state?.reason !== "string" || typeof state.annotator !== "string") return given(hip);
    if (state.box === null) return clean(state);
    const fits =
      Array.isArray(state.box) && state.box.length === 4 && state.box.every(Number.isInteger) &&
      0 <= state.box[0] && state.box[0] < state.box[2] && state.box[2] <= hip.columns &&
      0 <= state.box[1] && state.box[1] < state.box[3] && state.box[3] <= hip.rows;
    return fits ? clean(state) : given(hip);
  }

  const states = hips.map(recall);
  const undos = hips.map(() => []);
  let annotator = kit.kept(WHO) || "";
  let at = 0;
  const view = { zoom: 1, x: 0, y: 0, fitted: true };

  const marked = (state) => Boolean(state.box || state.reason);

  /* ---------- state ---------- */

  function change(box, reason) {
    const before = states[at];
    if (JSON.stringify([before.box, before.reason]) === JSON.stringify([box, reason])) return;
    undos[at].push(before);
    set(at, { box, reason, annotator });
  }

  function set(index, state) {
    states[index] = state;
    kit.keep(slot(hips[index]), state);
    draw();
    list();
  }

  function undo() {
    if (undos[at].length) set(at, undos[at].pop());
  }

  window.addEventListener("storage", (event) => {
    const index = hips.findIndex((hip) => slot(hip) === event.key);
    if (index < 0) return;
    states[index] = recall(hips[index]);
    draw();
    list();
  });

  /* ---------- pictures ---------- */

  const stage = element("stage");
  const pictures = new Map();

  /** Return the picture of a film; the few used last stay decoded. */
  function picture(film) {
    let image = pictures.get(film);
    if (!image) {
      image = new Image();
      image.draggable = false;
      image.alt = "";
      image.src = `data:image/png;base64,${element(`film-${film}`).textContent}`;
    }
    pictures.delete(film);
    pictures.set(film, image);
    if (pictures.size > 3) pictures.delete(pictures.keys().next().value);
    return image;
  }

  function show(index) {
    at = Math.max(0, Math.min(hips.length - 1, index));
    const hip = hips[at];
    stage.querySelectorAll("img").forEach((image) => image.remove());
    if (!hip.problem) stage.prepend(picture(hip.film));
    const after = hips.find((other, i) => i > at && other.film !== hip.film && !other.problem);
    fit();
    list();
    if (after) setTimeout(() => picture(after.film), 0);
    element("items").children[at].scrollIntoView({ block: "nearest" });
  }

  /* ---------- view ---------- */

  function fit() {
    const { columns, rows } = hips[at];
    view.zoom = Math.min(stage.clientWidth / columns, stage.clientHeight / rows);
    view.x = Math.round((stage.clientWidth - columns * view.zoom) / 2);
    view.y = Math.round((stage.clientHeight - rows * view.zoom) / 2);
    view.fitted = true;
    draw();
  }

  /** Zoom so that the film under a point of the stage stays there. */
  function zoomTo(zoom, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const bounded = Math.max(ZOOMS[0], Math.min(ZOOMS.at(-1), zoom));
    view.x = Math.round(x - ((x - view.x) * bounded) / view.zoom);
    view.y = Math.round(y - ((y - view.y) * bounded) / view.zoom);
    view.zoom = bounded;
    view.fitted = false;
    draw();
  }

  /** Zoom by key: round the middle of the box where there is one on the stage. */
  function zoomByKey(zoom) {
    const box = states[at].box;
    const x = box ? view.x + ((box[0] + box[2]) * view.zoom) / 2 : -1;
    const y = box ? view.y + ((box[1] + box[3]) * view.zoom) / 2 : -1;
    if (x < 0 || y < 0 || x > stage.clientWidth || y > stage.clientHeight) zoomTo(zoom);
    else zoomTo(zoom, x, y);
  }

  const zoomIn = () =>
    zoomByKey(ZOOMS.find((zoom) => zoom > view.zoom * 1.001) || ZOOMS.at(-1));
  const zoomOut = () =>
    zoomByKey(ZOOMS.findLast((zoom) => zoom < view.zoom * 0.999) || ZOOMS[0]);

  /* ---------- drawing ---------- */

  const NAMES = {
    superior: "acetabular roof",
    inferior: "lower margin of the lesser trochanter",
    medial: "lateral margin of the teardrop",
    lateral: "just lateral of the vastus ridge",
  };
  const labels = Object.entries(NAMES).map(([border, text]) => {
    const label = document.createElement("div");
    label.className = "border";
    label.id = `border-${border}`;
    const name = document.createElement("b");
    name.textContent = border;
    label.append(name, text);
    stage.append(label);
    return [border, label];
  });

  function place(node, box) {
    node.hidden = !box;
    if (!box) return;
    const [x0, y0, x1, y1] = box;
    node.style.left = `${view.x + x0 * view.zoom}px`;
    node.style.top = `${view.y + y0 * view.zoom}px`;
    node.style.width = `${(x1 - x0) * view.zoom}px`;
    node.style.height = `${(y1 - y0) * view.zoom}px`;
  }

  /** Put a name outside its border, and inside the stage where there is no room for it. */
  function placeLabels(box, side) {
    for (const [border, label] of labels) {
      label.hidden = !box;
      if (!box) continue;
      // On an AP film the patient's right is on the left of the picture.
      const left = (border === "lateral") === (side === "R");
      label.style.maxWidth = border === "superior" || border === "inferior" ? "300px" : "110px";
      const [x0, y0, x1, y1] = box.map((edge, i) => edge * view.zoom + (i % 2 ? view.y : view.x));
      const { offsetWidth: width, offsetHeight: height } = label;
      let x = (x0 + x1 - width) / 2;
      let y = (y0 + y1 - height) / 2;
      if (border === "superior") y = y0 - height - 9;
      else if (border === "inferior") y = y1 + 9;
      else if (left) x = x0 - width - 9;
      else x = x1 + 9;
      label.style.left = `${Math.max(2, Math.min(stage.clientWidth - width - 2, x))}px`;
      label.style.top = `${Math.max(2, Math.min(stage.clientHeight - height - 2, y))}px`;
    }
  }

  function draw() {
    const hip = hips[at];
    const state = states[at];
    const image = stage.querySelector("img");
    if (image) {
      image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
      image.style.imageRendering = view.zoom >= 2 ? "pixelated" : "auto";
      const [brightness, contrast] = ["brightness", "contrast"].map((id) => element(id).value);
      image.style.filter = `brightness(${brightness}%) contrast(${contrast}%)`;
    }
    place(element("box"), state.box);
    placeLabels(state.box, hip.side);
    const twin = hips.findIndex((other, i) => i !== at && other.film === hip.film);
    place(element("other"), twin >= 0 ? states[twin].box : null);
    const name = hip.side === "R" ? "Right hip" : "Left hip";
    const note = element("note");
    note.classList.toggle("none", Boolean(state.reason || hip.problem));
    note.hidden = Boolean(state.box);
    note.textContent = state.reason
      ? `Cannot be cropped: ${state.reason}`
      : hip.problem
        ? `This film cannot be shown: ${hip.problem}. Mark the hip as one that cannot be cropped, or mend the film.`
        : `Drag a box round the ${name.toLowerCase()}`;
    element("name").textContent = name;
    element("where").textContent = state.box
      ? `x ${state.box[0]} to ${state.box[2]}, y ${state.box[1]} to ${state.box[3]}` +
        ` (${state.box[2] - state.box[0]} × ${state.box[3] - state.box[1]} pixels)`
      : state.reason ? "cannot be cropped" : "not marked yet";
    element("zoom").textContent = `${Math.round(view.zoom * 100)} %`;
    element("film").textContent =
      `${hip.file} · ${hip.columns} × ${hip.rows} pixels · ${hip.film_side === "both" ? "both sides" : hip.film_side} · ${hip.uid}` +
      (marked(state) && state.annotator ? ` · marked by ${state.annotator}` : "");
  }

  function list() {
    const items = element("items");
    if (!items.children.length) {
      hips.forEach((hip, index) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        for (const [kind, text] of [["number", index + 1], ["side", hip.side], ["state", ""]]) {
          const part = document.createElement("span");
          part.className = kind;
          part.textContent = text;
          button.append(part);
        }
        button.onclick = () => {
          show(index);
          button.blur();
        };
        item.append(button);
        items.append(item);
      });
    }
    states.forEach((state, index) => {
      const item = items.children[index];
      item.className = state.box ? "done" : state.reason ? "none" : "";
      item.firstChild.setAttribute("aria-current", String(index === at));
      item.querySelector(".state").textContent = state.box ? "✓ box" : state.reason ? "✕ none" : "open";
    });
    const done = states.filter(marked).length;
    element("bar").max = hips.length;
    element("bar").value = done;
    element("count").textContent = `${done} of ${hips.length} marked`;
    element("annotator").textContent = annotator ? `Marked by ${annotator}` : "Who marks?";
  }

  /* ---------- mouse ---------- */

  const bound = (value, low, high) => Math.max(low, Math.min(high, value));
  let drag = null;
  let spaced = false;

  /** Return the line between pixels that is nearest to the mouse. */
  function line(event) {
    const frame = stage.getBoundingClientRect();
    return [
      bound(Math.round((event.clientX - frame.left - view.x) / view.zoom), 0, hips[at].columns),
      bound(Math.round((event.clientY - frame.top - view.y) / view.zoom), 0, hips[at].rows),
    ];
  }

  /** Return which edges the mouse is on, [0 or 2 or null, 1 or 3 or null], "inside", or null. */
  function grip(event) {
    const box = states[at].box;
    if (!box) return null;
    const frame = stage.getBoundingClientRect();
    const x = event.clientX - frame.left;
    const y = event.clientY - frame.top;
    const [x0, y0, x1, y1] = box.map((edge, i) => edge * view.zoom + (i % 2 ? view.y : view.x));
    if (x < x0 - GRIP || x > x1 + GRIP || y < y0 - GRIP || y > y1 + GRIP) return null;
    const across = Math.abs(x - x1) <= GRIP ? 2 : Math.abs(x - x0) <= GRIP ? 0 : null;
    const down = Math.abs(y - y1) <= GRIP ? 3 : Math.abs(y - y0) <= GRIP ? 1 : null;
    return across === null && down === null ? "inside" : [across, down];
  }

  function cursor(event) {
    if (spaced || drag?.kind === "pan") return "grab";
    if (hips[at].problem) return "default";
    const held = grip(event);
    if (held === null) return "crosshair";
    if (held === "inside") return "move";
    if (held[0] === null) return "ns-resize";
    if (held[1] === null) return "ew-resize";
    return (held[0] === 2) === (held[1] === 3) ? "nwse-resize" : "nesw-resize";
  }

  stage.addEventListener("pointerdown", (event) => {
    document.activeElement?.blur();
    const pan = event.button === 1 || event.button === 2 || spaced;
    if (drag || (!pan && hips[at].problem)) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    const start = line(event);
    const before = states[at];
    if (pan) drag = { kind: "pan", x: event.clientX - view.x, y: event.clientY - view.y };
    else {
      const held = grip(event);
      if (held === null) drag = { kind: "draw", start, before };
      else if (held === "inside") drag = { kind: "move", start, before };
      else {
        // The distance to the edge stays, so that taking hold of it does not move it.
        const frame = stage.getBoundingClientRect();
        const off = [event.clientX - frame.left, event.clientY - frame.top].map((point, i) =>
          held[i] === null ? 0 : point - (before.box[held[i]] * view.zoom + (i ? view.y : view.x)),
        );
        drag = { kind: "edge", held, off, before };
      }
    }
  });

  function dragged(event) {
    const { columns, rows } = hips[at];
    const [x, y] = line(event);
    if (drag.kind === "draw") {
      const [x0, y0] = drag.start;
      return [Math.min(x, x0), Math.min(y, y0), Math.max(x, x0), Math.max(y, y0)];
    }
    const box = [...drag.before.box];
    if (drag.kind === "move") {
      return moved(box, x - drag.start[0], y - drag.start[1]);
    }
    const shifted = line({ clientX: event.clientX - drag.off[0], clientY: event.clientY - drag.off[1] });
    const [across, down] = drag.held;
    if (across === 0) box[0] = bound(shifted[0], 0, box[2] - 1);
    if (across === 2) box[2] = bound(shifted[0], box[0] + 1, columns);
    if (down === 1) box[1] = bound(shifted[1], 0, box[3] - 1);
    if (down === 3) box[3] = bound(shifted[1], box[1] + 1, rows);
    return box;
  }

  function moved([x0, y0, x1, y1], dx, dy) {
    const { columns, rows } = hips[at];
    const right = bound(dx, -x0, columns - x1);
    const lower = bound(dy, -y0, rows - y1);
    return [x0 + right, y0 + lower, x1 + right, y1 + lower];
  }

  const slip = (box) => box[2] - box[0] < LEAST || box[3] - box[1] < LEAST;

  stage.addEventListener("pointermove", (event) => {
    if (drag?.kind === "pan") {
      view.x = Math.round(event.clientX - drag.x);
      view.y = Math.round(event.clientY - drag.y);
      view.fitted = false;
      draw();
    } else if (drag) {
      const box = dragged(event);
      if (drag.kind !== "draw" || !slip(box)) {
        states[at] = { ...drag.before, box, reason: "" };
        draw();
      }
    }
    stage.style.cursor = cursor(event);
  });

  stage.addEventListener("pointerup", (event) => {
    if (!drag) return;
    if (drag.kind !== "pan") {
      const box = dragged(event);
      states[at] = drag.before;
      if (drag.kind === "draw" && slip(box)) draw();
      else change(box, "");
    }
    drag = null;
    stage.style.cursor = cursor(event);
  });

  function dropDrag() {
    if (drag && drag.kind !== "pan") states[at] = drag.before;
    drag = null;
    draw();
  }

  stage.addEventListener("pointercancel", dropDrag);
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (drag) return;
      const frame = stage.getBoundingClientRect();
      zoomTo(view.zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2), event.clientX - frame.left, event.clientY - frame.top);
    },
    { passive: false },
  );

  /* ---------- what is asked ---------- */

  async function askAnnotator() {
    const field = element("initials");
    field.value = annotator;
    if (await kit.ask(element("who"), { mayCancel: Boolean(annotator) })) {
      annotator = field.value.trim().replace(/\s+/g, " ") || annotator;
      if (annotator) kit.keep(WHO, annotator);
      list();
      if (!annotator) askAnnotator();
    }
  }

  async function askReason() {
    const [choices, words, field] = [element("reasons"), element("words"), element("reason")];
    choices.hidden = false;
    words.hidden = true;
    field.value = "";
    const answer = await kit.ask(element("why"), { mayCancel: true });
    const reason = answer === "words" ? field.value.trim().replace(/\s+/g, " ") : answer;
    if (reason) change(null, reason);
  }

  function ownReason() {
    element("reasons").hidden = true;
    element("words").hidden = false;
    element("reason").focus();
  }

  element("other-reason").onclick = ownReason;
  element("why").addEventListener("keydown", (event) => {
    if (!element("words").hidden) return;
    const choice = element("reasons").querySelectorAll("button")[Number(event.key) - 1];
    if (!choice) return;
    event.preventDefault();
    choice.click();
  });

  /* ---------- export ---------- */

  function save() {
    const rows = [data.columns];
    hips.forEach((hip, index) => {
      const state = states[index];
      if (!marked(state)) return;
      const box = state.box || [null, null, null, null];
      rows.push([hip.uid, hip.side, ...box, state.box ? "cropped" : "uncroppable", state.reason, state.annotator]);
    });
    if (rows.length === 1) return kit.say("Nothing is marked yet, so there is nothing to export.");
    kit.download(data.export, kit.csv(rows));
    const open = hips.length - (rows.length - 1);
    kit.say(
      `${data.export} holds ${rows.length - 1} of ${hips.length} hips of this page` +
        (open ? `; still open: ${open}.` : ". All are marked."),
    );
  }

  /* ---------- keys and buttons ---------- */

  function nextOpen() {
    const order = [...hips.keys()].map((i) => (at + 1 + i) % hips.length);
    const open = order.find((i) => !marked(states[i]));
    if (open === undefined) kit.say("All hips of this page are marked. Export them.");
    else show(open);
  }

  function middle() {
    const { columns, rows, problem } = hips[at];
    if (problem) return;
    const x = bound(Math.round((stage.clientWidth / 2 - view.x) / view.zoom), 0, columns);
    const y = bound(Math.round((stage.clientHeight / 2 - view.y) / view.zoom), 0, rows);
    const [width, height] = [Math.round(columns / 3), Math.round(rows / 3)];
    const x0 = bound(x - Math.round(width / 2), 0, columns - width);
    const y0 = bound(y - Math.round(height / 2), 0, rows - height);
    change([x0, y0, x0 + width, y0 + height], "");
  }

  function arrow(dx, dy, resize) {
    const box = states[at].box;
    if (!box) return;
    const { columns, rows } = hips[at];
    if (!resize) return change(moved(box, dx, dy), "");
    change([box[0], box[1], bound(box[2] + dx, box[0] + 1, columns), bound(box[3] + dy, box[1] + 1, rows)], "");
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const KEYS = {
    n: () => show(at + 1),
    p: () => show(at - 1),
    Enter: nextOpen,
    u: askReason,
    z: undo,
    b: middle,
    Delete: () => change(null, ""),
    Backspace: () => change(null, ""),
    e: save,
    "+": zoomIn,
    "=": zoomIn,
    "-": zoomOut,
    0: fit,
    1: () => zoomByKey(1),
  };

  document.addEventListener("keydown", (event) => {
    if (kit.typing(event)) return;
    if (event.key === "Escape") return dropDrag();
    if (event.key === " ") {
      spaced = true;
      return event.preventDefault();
    }
    const step = ARROWS[event.key];
    const key = kit.keyOf(event);
    const action = KEYS[key];
    const undoing = event.ctrlKey || event.metaKey ? key === "z" : true;
    if (drag || event.altKey || (!step && (!action || !undoing))) return;
    if (event.key === "Enter" && event.target.closest("button, a")) return;
    event.preventDefault();
    if (!step) return action();
    const by = event.ctrlKey ? 10 : 1;
    arrow(step[0] * by, step[1] * by, event.shiftKey);
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " ") spaced = false;
  });
  window.addEventListener("blur", () => (spaced = false));

  for (const [id, action] of Object.entries({
    next: KEYS.n, previous: KEYS.p, uncroppable: askReason, fit, full: KEYS[1], export: save, annotator: askAnnotator,
  })) {
    element(id).onclick = () => {
      element(id).blur();
      action();
    };
  }
  for (const id of ["brightness", "contrast"]) {
    element(id).oninput = draw;
    element(id).onchange = () => element(id).blur();
    element(id).ondblclick = () => {
      element(id).value = 100;
      draw();
    };
  }
  new ResizeObserver(() => (view.fitted ? fit() : draw())).observe(stage);

  list();
  show(Math.max(0, states.findIndex((state) => !marked(state))));
  if (!annotator) askAnnotator();
})();
