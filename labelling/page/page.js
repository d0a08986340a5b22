import { Film } from "./film.js";
import { Ranking } from "./ranking.js";
import { ask, complaint } from "./server.js";

const $ = (id) => document.getElementById(id);
const SPEEDS = [0.5, 1, 2];
const PLAY = "M7 4.5v15L19.5 12z";
const PAUSE = "M6 5h4v14H6zM14 5h4v14h-4z";

let who = new URLSearchParams(location.search).get("name") || sessionStorage.getItem("who") || "";
let round = null; // what the server said last
let film = new Film(10);
let ranking = new Ranking(0);
let tie = false;
let busy = false;
let speed = 1;

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

async function turn(path, body) {
  if (busy) return;
  busy = true;
  buttons();
  try {
    let answer = await ask(path, body, notice);
    let trouble = "";
    if (answer.status === 409) {
      trouble = await complaint(answer);
      answer = await ask(`round?who=${encodeURIComponent(who)}`, null, notice);
    }
    if (answer.ok) {
      notice(trouble && `Not saved: ${trouble}.`);
      await show(await answer.json());
    } else if (answer.status === 403) {
      notice("This address is no longer valid. Open the one that padzoo label printed.");
    } else {
      notice(await complaint(answer));
    }
  } finally {
    busy = false;
    buttons();
  }
}

// --- a round

/** Keeps a name that the server has taken for the next time that this tab is loaded. */
function remember(name) {
  sessionStorage.setItem("who", name);
  const here = new URL(location);
  if (!here.searchParams.has("name")) return;
  here.searchParams.set("name", name);
  history.replaceState(null, "", here);
}

async function show(found) {
  film.close();
  round = found;
  who = found.who;
  remember(who);
  $("criterion").textContent = found.criterion;
  $("who").textContent = found.who;
  $("who").setAttribute("aria-label", `Labeller: ${found.who}. Change`);
  progress(found.progress);
  ranking = new Ranking(found.clips);
  tie = false;
  film = new Film(found.rate ?? 10);
  film.speed = speed;
  film.onframe = frame;
  delete $("stage").dataset.frame;
  $("done").hidden = found.round !== null;
  $("stage").hidden = $("transport").hidden = found.round === null;
  $("stage").replaceChildren(...Array.from({ length: found.clips }, (_, place) => card(place)));
  layout();
  ranks();
  if (found.round === null) return speak("Every set of clips has been shown to you.");
  const shown = film;
  const clips = await Promise.all([...$("stage").children].map((each, place) => load(each, place)));
  if (shown !== film) return;
  clips.forEach((data, place) => data && film.add($("stage").children[place].querySelector("canvas"), data));
  $("stage").classList.remove("loading");
  $("time").max = film.length - 1;
  lengths();
  play(true);
  speak(`${found.clips} clips. ${found.criterion}`);
}

async function load(clip, place) {
  const answer = await ask(`clips/${round.round}/${place}`, null, notice);
  if (answer.ok) return answer.arrayBuffer();
  clip.querySelector(".trouble").textContent = await complaint(answer);
  return null;
}

function card(place) {
  const clip = document.createElement("button");
  clip.className = "clip";
  clip.setAttribute("aria-keyshortcuts", place + 1);
  for (const [name, tag] of [["", "canvas"], ["key", "span"], ["rank", "span"], ["length", "span"], ["trouble", "span"]]) {
    const part = document.createElement(tag);
    part.className = name;
    if (name !== "trouble") part.setAttribute("aria-hidden", "true");
    clip.append(part);
  }
  clip.querySelector(".key").textContent = place + 1;
  clip.querySelector(".length").append(document.createElement("i"), document.createElement("b"));
  clip.addEventListener("click", (event) => {
    if (event.detail < 2) pick(place, event.shiftKey); // a double click counts as one
    if (event.detail) clip.blur(); // by mouse or touch: Enter is to save, not to click once more
  });
  $("stage").classList.add("loading");
  return clip;
}

function progress({ rounds, skipped, comparisons, ties, seconds }) {
  const parts = [[rounds, rounds === 1 ? "round" : "rounds"], [comparisons, comparisons === 1 ? "comparison" : "comparisons"]];
  if (ties) parts.push([ties, ties === 1 ? "tie" : "ties"]);
  if (skipped) parts.push([skipped, "skipped"]);
  if (seconds !== null) parts.push([seconds.toFixed(1), "s a round"]);
  $("progress").replaceChildren(...parts.flatMap(([number, name], index) => {
    const bold = document.createElement("b");
    bold.textContent = number;
    return [index ? " · " : "", bold, ` ${name}`];
  }));
}

// --- ranking

const ordinal = (rank) => `${rank}${["st", "nd", "rd"][rank - 1] ?? "th"}`;

function ranks() {
  [...$("stage").children].forEach((clip, place) => {
    const found = ranking.at(place);
    clip.classList.toggle("implied", Boolean(found?.implied));
    if (found) clip.dataset.rank = found.rank;
    else delete clip.dataset.rank;
    clip.querySelector(".rank").textContent = found ? `${found.tied ? "=" : ""}${ordinal(found.rank)}` : "";
    const state = found ? `ranked ${found.tied ? "equal " : ""}${ordinal(found.rank)}` : "not ranked";
    clip.setAttribute("aria-label", `Clip ${place + 1}, ${state}`);
  });
  buttons();
}

function buttons() {
  const none = !round?.round;
  $("submit").disabled = busy || none || !ranking.ranks;
  $("skip").disabled = $("equal").disabled = busy || none;
  $("undo").disabled = busy || !round || !(round.progress.rounds + round.progress.skipped);
  $("clear").disabled = busy || !ranking.groups.length;
  $("tie").disabled = busy || !ranking.groups.length;
  $("tie").setAttribute("aria-pressed", String(tie && ranking.groups.length > 0));
  $("hint").textContent = none ? "" : hint();
}

function hint() {
  if (ranking.ranks) return "All are ranked. Next saves them.";
  if (ranking.groups.length) return tie ? "Which clip is just as good?" : "Which clip is the next best?";
  return `Which clip is the best? ${matchMedia("(pointer: coarse)").matches ? "Tap it." : "Press its number or click it."}`;
}

function pick(place, tied = false) {
  if (busy || place >= ranking.clips) return;
  ranking.pick(place, tied || tie);
  tie = false;
  ranks();
  speak($("stage").children[place].getAttribute("aria-label") + (ranking.ranks ? ". All ranked; Enter saves." : ""));
}

function change(action, text) {
  if (busy || !round?.round) return;
  action();
  tie = false;
  ranks();
  speak(text);
}

function toggleTie() {
  tie = !tie && ranking.groups.length > 0;
  buttons();
  speak(tie ? "The next clip ties with the one before." : "No tie.");
}

const seconds = () => Math.round(100 * film.watched) / 100;

function submit() {
  if (round?.round && ranking.ranks) turn("judge", { who, round: round.round, ranks: ranking.ranks, seconds: seconds() });
}
function skip() {
  if (round?.round) turn("judge", { who, round: round.round, ranks: null, seconds: seconds() });
}
function undo() {
  if (!$("undo").disabled) turn("undo", { who, round: round.round });
}

function speak(text) { $("spoken").textContent = text; }

// --- playing

function play(on) {
  film.playing = on;
  const text = on ? "Pause" : "Play";
  $("play").setAttribute("aria-label", text);
  $("play").title = `${text} (Space)`;
  $("play-icon").setAttribute("d", on ? PAUSE : PLAY);
}

function step(by) {
  film.step(by);
  play(false);
}

function replay() {
  film.seek(0);
  play(true);
}

function setSpeed(value) {
  speed = film.speed = value;
  document.querySelector(`#speeds input[value="${value}"]`).checked = true;
}

function lengths() {
  film.clips.forEach((clip) => {
    clip.canvas.parentElement.querySelector("i").style.width = `${(100 * clip.pictures.length) / film.length}%`;
  });
}

function frame(number) {
  $("stage").dataset.frame = number;
  $("time").value = number;
  $("clock").textContent = `${((number + 1) / film.rate).toFixed(1)} s`;
  for (const clip of film.clips) {
    const parent = clip.canvas.parentElement;
    parent.classList.toggle("ended", number >= clip.pictures.length);
    parent.querySelector("b").style.width = `${(100 * Math.min(number + 1, clip.pictures.length)) / film.length}%`;
  }
}

let before = performance.now();
function tick(now) {
  film.tick(Math.min(1, (now - before) / 1000));
  before = now;
  requestAnimationFrame(tick);
}
requestAnimationFrame(tick);

// The columns that make the clips largest.
function layout() {
  const { clientWidth: width, clientHeight: height } = $("stage");
  const clips = Math.max(1, round?.clips ?? 1);
  const gap = parseFloat(getComputedStyle($("stage")).gap) || 0;
  const side = (columns) => {
    const rows = Math.ceil(clips / columns);
    return Math.min((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows);
  };
  const columns = [...Array(clips).keys()].map((index) => index + 1).reduce((best, each) => (side(each) > side(best) ? each : best));
  const chosen = Math.max(90, Math.floor(side(columns)));
  $("stage").style.setProperty("--side", `${chosen}px`);
  $("stage").style.paddingInline = `${Math.max(0, Math.floor((width - columns * chosen - (columns - 1) * gap) / 2))}px`;
}
new ResizeObserver(layout).observe($("stage"));

// --- keys and buttons

const KEYS = {
  Enter: submit, s: skip, u: undo, t: toggleTie, r: replay, "?": help, "+": () => faster(1), "=": () => faster(1), "-": () => faster(-1),
  e: () => change(() => ranking.equal(), "All equal"),
  Backspace: () => change(() => ranking.back(), "Taken back"),
  " ": () => play(!film.playing),
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
};

function faster(by) { setSpeed(SPEEDS[Math.max(0, Math.min(2, SPEEDS.indexOf(speed) + by))]); }

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.altKey) return;
  const inside = event.target.closest("button, input");
  if (inside && ["Enter", " "].includes(event.key)) return; // what has the focus is pressed
  if (inside?.matches("input") && event.key.startsWith("Arrow")) return;
  if ((event.ctrlKey || event.metaKey) && event.key !== "z") return;
  const place = /^Digit[1-5]$|^Numpad[1-5]$/.test(event.code) ? Number(event.code.at(-1)) - 1 : "12345".indexOf(event.key);
  if (event.key && place >= 0) pick(place, event.shiftKey);
  else if (event.ctrlKey || event.metaKey) undo();
  else if (event.repeat && !event.key.startsWith("Arrow")) return;
  else {
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    action();
  }
  event.preventDefault();
});

function help() { $("help-dialog").showModal(); }

function press(id, action, often = false) {
  $(id).addEventListener("click", (event) => {
    if (event.detail < 2 || often) action(); // a double click counts as one
    if (event.detail) $(id).blur();
  });
}
press("submit", submit);
press("skip", skip);
press("undo", undo);
press("tie", toggleTie);
press("clear", () => change(() => ranking.clear(), "No clip is ranked"));
press("equal", KEYS.e);
press("play", KEYS[" "]);
press("back", KEYS.ArrowLeft, true);
press("forward", KEYS.ArrowRight, true);
press("replay", replay);
press("help", help);
press("who", () => {
  $("name").value = who;
  $("who-dialog").returnValue = "";
  $("who-dialog").showModal();
});
$("who-dialog").addEventListener("close", () => {
  const name = $("name").value.trim();
  if ($("who-dialog").returnValue !== "save" || !name || name === who) return;
  start(name);
});
$("time").addEventListener("input", () => {
  play(false);
  film.seek(Number($("time").value));
});
$("speeds").addEventListener("change", (event) => {
  setSpeed(Number(event.target.value));
  event.target.blur();
});

function start(name) {
  turn(`round?who=${encodeURIComponent(name)}`);
}
start(who);
