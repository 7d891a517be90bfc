// report.js: sorts, filters and pages the table of connections, and draws its lifelines in own or in capture time.
// Without it the page shows the first rows, all figures, and its ladders all the same.
"use strict";
(() => {
	const PAGE = 100, EDGE = 5, WIDTH = 320, AXIS = 20;
	const byId = id => document.getElementById(id);
	let words, lines, ladders, everything, order, found;

	/* The first page is there already: the rest is unpacked when the reader first wants something else. */
	function unpackAll() {
		if (words)
			return;
		words = JSON.parse(byId("words").textContent);
		lines = byId("packed").textContent.split("\n").filter(line => line);
		ladders = new Set(words.ladders);
		everything = order = found = lines.map((_, i) => i);
	}
	const from36 = text => text === "" ? null : parseInt(text, 36);
	const escape = text => String(text).replace(/[&<>"']/g, c => "&#" + c.charCodeAt(0) + ";");
	const group = n => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

	/* ---- rows, taken apart when they are needed */
	const FIELD = {id: 0, start: 1, iIp: 2, iPort: 3, rIp: 4, rPort: 5, outcome: 6, duration: 7, iBytes: 8, rBytes: 9,
		trip: 10, codes: 11, flags: 12, shape: 13, times: 14};
	const end = (ip, port) => (ip.includes(":") ? "[" + ip + "]" : ip) + ":" + port;
	function row(i) {
		const f = lines[i].split(","), number = name => from36(f[FIELD[name]]), marks = f[FIELD.codes];
		return {id: number("id"), start: number("start"), ports: [number("iPort"), number("rPort")],
			ends: [end(words.ips[number("iIp")], number("iPort")), end(words.ips[number("rIp")], number("rPort"))],
			outcome: words.outcomes[number("outcome")] || "–", duration: number("duration"),
			bytes: [number("iBytes"), number("rBytes")], trip: number("trip"), worst: marks[0] || "",
			codes: marks.length > 1 ? marks.slice(1).split(".").map(from36) : [], flags: f[FIELD.flags],
			shape: shape(number("shape")), times: f[FIELD.times]};
	}

	/* A shape is told once: its steps, and in which states both sides are at the end. */
	const shapes = [];
	function shape(number) {
		if (shapes[number])
			return shapes[number];
		const text = words.shapes[number], steps = [], last = ["–", "–"];
		let at = 0, reset = -1;
		for (; at + 4 <= text.length; at += 4) {
			const side = text[at] === "I" ? 0 : 1, code = text.slice(at + 1, at + 3), basis = text[at + 3];
			steps.push({side, code, basis});
			if (basis !== "c")
				last[side] = words.states[code][0] + (basis === "p" ? "" : basis);
			else if (last[side].replace(/[?*]$/, "") === words.states[code][0])
				last[side] = words.states[code][0];
		}
		if (text[at] === "X")
			reset = text[at + 1] === "I" ? 0 : 1;
		return shapes[number] = {steps, last, reset};
	}

	/* ---- units, as the rest of the page has them */
	const three = v => v >= 99.95 ? v.toFixed(0) : v >= 9.995 ? v.toFixed(1) : v.toFixed(2);
	const bytes = n => {
		const names = [" B", " kB", " MB", " GB", " TB", " PB", " EB"];
		let power = 0;
		for (; n >= 999.5 && power < 6; power++)
			n /= 1000;
		return (power ? three(n) : n) + names[power];
	};
	const two = n => String(n).padStart(2, "0");
	function span(us) {
		const s = Math.floor(us / 1e6 + .5);
		if (s >= 86400)
			return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
		if (s >= 3600)
			return Math.floor(s / 3600) + " h " + two(Math.floor(s % 3600 / 60)) + " min";
		if (s >= 60)
			return Math.floor(s / 60) + " min " + two(s % 60) + " s";
		return us >= 999500 ? three(us / 1e6) + " s" : us >= 999.5 ? three(us / 1e3) + " ms" : us ? three(us) + " µs" : "0 s";
	}
	const when = ms => {
		const time = new Date(words.base + ms);
		if (isNaN(time))
			return "–";
		const [day, clock] = time.toISOString().slice(0, 19).split("T");
		return `<span class="day">${day}</span>${clock}`;
	};

	/* ---- lifelines: what life.c draws for the first page */
	const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", SCALE = 137;
	const unpack = (text, i) => Math.expm1((LETTERS.indexOf(text[2 * i]) * 64 + LETTERS.indexOf(text[2 * i + 1])) / SCALE);
	function band(x0, x1, side, code, basis) {
		const high = words.states[code][1], width = Math.max(.5, x1 - x0), y = side ? AXIS + 1 : AXIS - 1 - high;
		const kind = high < 3 ? basis === "p" ? "bp" : "bh" : basis === "p" ? "bp" : basis === "?" ? "bq" : "bt";
		const inside = high >= 3 && basis !== "p" ? .5 : 0;
		return `<rect class="${kind} ${code}" x="${(x0 + inside).toFixed(1)}" y="${y + inside}" ` +
			`width="${Math.max(.1, width - 2 * inside).toFixed(1)}" height="${high - 2 * inside}"/>`;
	}
	function mark(kind, side, x) {
		const y = side ? 34 : 6, q = side ? -1 : 1, left = (x - 3.4).toFixed(1);
		return kind === "mr" ? `<path class="mr" d="M${left} ${y - 3.4}l6.8 6.8m0-6.8-6.8 6.8"/>`
			: `<path class="${kind}" d="M${left} ${y - 2.6 * q}h6.8l-3.4 ${5.6 * q}Z"/>`;
	}
	function places(r) {
		const {steps} = r.shape, x = [];
		let at = 0;
		if (scale === "own") {
			for (let i = 0; i <= steps.length; i++) {
				const since = unpack(r.times, i);
				if (i && (since > 0 || i === steps.length))
					at += Math.log1p(since / 4000) + .9;
				x.push(at);
			}
			return x.map(v => EDGE + v / (at || 1) * (WIDTH - 2 * EDGE));
		}
		const all = Math.max(1, words.last - words.first), begin = words.base + r.start - words.first;
		for (let i = 0; i <= steps.length; i++) {
			at += unpack(r.times, i) / 1000;
			x.push(Math.min(WIDTH, Math.max(0, (begin + at) / all * WIDTH)));
		}
		return x;
	}
	function life(r) {
		const {steps, reset} = r.shape, x = places(r), now = [null, null], answered = [false, false];
		let bands = "", marks = "";
		const close = (side, until) => {
			if (now[side] && (until > now[side].x || scale === "capture"))
				bands += band(now[side].x, until, side, now[side].code, now[side].basis);
		};
		steps.forEach(({side, code, basis}, i) => {
			const proves = basis === "c" || basis === "p";
			if (basis !== "c" || (now[side] && now[side].code === code && now[side].basis !== "p")) {
				close(side, x[i]);
				now[side] = {x: x[i], code, basis: basis === "c" ? "p" : basis};
			}
			if ((code === "SS" && basis !== "c") || (code === "SR" && proves && !answered[side]))
				marks += scale === "own" ? mark("ms", side, x[i]) : "";
			answered[side] = answered[side] || (code === "SR" && proves);
			if ((code === "F1" || code === "LA") && basis !== "c")
				marks += scale === "own" ? mark("mf", side, x[i]) : "";
			if (code === "CL" && basis !== "c" && reset === side)
				marks += mark("mr", side, x[i]);
		});
		for (let side = 0; side < 2; side++)
			if (now[side])
				bands += band(now[side].x, x[steps.length], side, now[side].code, now[side].basis);
		return `<svg class="lf" viewBox="0 0 ${WIDTH} 40" width="${WIDTH}" height="40" role="img" aria-label="states over time">` +
			`<path class="ax" d="M0 ${AXIS}H${WIDTH}"/>${bands}${marks}</svg>`;
	}

	/* ---- the table */
	const SHAPES = {info: '<circle class="vi" cx="5" cy="5" r="3.8"/>', notice: '<path class="vn" d="M5 .6l4.4 4.4-4.4 4.4-4.4-4.4Z"/>',
		warning: '<path class="vw" d="M5 .6l4.7 8.4h-9.4Z"/>', alert: '<path class="va" d="M.8 .8h8.4v8.4h-8.4Z"/>'};
	const pair = (one, two) => `<span>${escape(one)}</span><span>${escape(two)}</span>`;
	function html(r) {
		const codes = r.codes.map(c => `<span><svg class="sv" viewBox="0 0 10 10" width="10" height="10">${SHAPES[words.severities[c]]}</svg>` +
			`${escape(words.codes[c])}</span>`).join("");
		const notes = (r.flags.includes("g") ? "<i>initiator guessed</i>" : "") + (r.flags.includes("p") ? "<i>gap possible</i>" : "");
		const link = ladders.has(r.id) ? `<a href="#c${r.id}">${r.id}</a>` : `<a href="#rest" data-show="${r.id}">${r.id}</a>`;
		return `<tr><td class="r id">${link}</td><td class="when">${when(r.start)}</td>` +
			`<td class="ep">${pair(...r.ends)}${notes}</td><td class="life">${life(r)}</td><td class="sa">${pair(...r.shape.last)}</td>` +
			`<td class="oc">${escape(r.outcome)}</td><td class="r du">${span(r.duration || 0)}</td>` +
			`<td class="r by">${pair(...r.bytes.map(n => n === null ? "–" : bytes(n)))}</td>` +
			`<td class="r rt">${r.trip === null ? "–" : (r.trip / 10).toFixed(1) + " ms"}</td><td class="an">${codes}</td></tr>`;
	}

	const RANK = {"": 0, i: 1, n: 2, w: 3, a: 4};
	const KEYS = {
		id: r => r.id, start: r => r.start, ends: r => r.ends.join(" "), states: r => r.shape.last.join(" "), outcome: r => r.outcome,
		duration: r => r.duration, bytes: r => r.bytes[0] + r.bytes[1], trip: r => r.trip === null ? -1 : r.trip,
		anomalies: r => RANK[r.worst] * 1000 + r.codes.length,
	};
	const OUTCOMES = [["all", () => true], ["closed", r => r.outcome === "closed"],
		["reset", r => r.outcome === "reset" || r.outcome === "handshake-aborted"], ["refused", r => r.outcome === "refused"],
		["never opened", r => r.outcome === "unanswered" || r.outcome === "handshake-incomplete"],
		["half-closed", r => r.outcome === "half-closed" || r.outcome === "closed-unconfirmed"],
		["open", r => r.outcome === "open" || r.outcome === "capture-ended"], ["with anomalies", r => r.worst !== ""]];
	let page = 0, scale = "own", outcome = "all", sorted = "anomalies", down = true;

	const texts = [];
	const text = (r, i) => texts[i] || (texts[i] = [r.id, ...r.ends, r.outcome, ...r.shape.last, ...r.codes.map(c => words.codes[c])]
		.join(" ").toLowerCase());
	function fits(i, tokens, choose) {
		const r = row(i);
		return choose(r) && tokens.every(t => /^:\d+$/.test(t) ? r.ports.includes(+t.slice(1)) : text(r, i).includes(t));
	}
	function sort() {
		unpackAll();
		const key = KEYS[sorted], keys = lines.map((_, i) => key(row(i)));
		order = [...everything].sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0) * (down ? -1 : 1) || a - b);
	}
	function filter() {
		unpackAll();
		const tokens = byId("q").value.toLowerCase().split(/\s+/).filter(t => t);
		const choose = OUTCOMES.find(o => o[0] === outcome)[1];
		found = tokens.length || outcome !== "all" ? order.filter(i => fits(i, tokens, choose)) : order;
		page = 0;
		draw();
	}
	function draw() {
		unpackAll();
		const from = page * PAGE, some = found.slice(from, from + PAGE);
		byId("rows").innerHTML = some.map(i => html(row(i))).join("");
		byId("shown").textContent = (some.length ? group(from + 1) + " to " + group(from + some.length) : "none") + " of " +
			group(found.length) + (found.length < lines.length ? " found among " + group(lines.length) : "") +
			(lines.length < words.all ? "; " + group(words.all) + " in all" : "");
		heads(found.length);
	}
	function heads(count) {
		const pages = Math.max(1, Math.ceil(count / PAGE));
		byId("pages").innerHTML = `<button data-page="${page - 1}" ${page ? "" : "disabled"} aria-label="page before">‹</button>` +
			`<span>page ${group(page + 1)} of ${group(pages)}</span>` +
			`<button data-page="${page + 1}" ${page + 1 < pages ? "" : "disabled"} aria-label="next page">›</button>`;
		for (const th of document.querySelectorAll("#table th[data-k]"))
			if (th.dataset.k === sorted)
				th.setAttribute("aria-sort", down ? "descending" : "ascending");
			else
				th.removeAttribute("aria-sort");
	}
	function choices(id, items, chosen) {
		byId(id).innerHTML = items.map(name => `<button data-choice="${name}" aria-pressed="${name === chosen}">${name}</button>`).join("");
	}
	const outcomes = () => choices("which-outcome", OUTCOMES.map(o => o[0]), outcome);
	const scales = () => choices("which-scale", ["own time", "capture time"], scale + " time");

	/* ---- what the reader does */
	for (const th of document.querySelectorAll("#table th[data-k]"))
		th.innerHTML = `<button>${th.innerHTML}</button>`;
	document.addEventListener("click", event => {
		const target = event.target.closest("[data-page],[data-choice],[data-q],[data-show],th[data-k]");
		if (!target)
			return;
		const {page: to, choice, q, show, k} = target.dataset;
		if (to !== undefined) {
			page = +to;
			draw();
		} else if (q !== undefined) {
			byId("q").value = q;
			outcome = "all";
			outcomes();
			filter();
		} else if (show !== undefined) {
			byId("which").textContent = show;
		} else if (k !== undefined) {
			down = k === sorted ? !down : k === "anomalies" || k === "duration" || k === "bytes" || k === "trip";
			sorted = k;
			sort();
			filter();
		} else if (target.closest("#which-outcome")) {
			outcome = choice;
			outcomes();
			filter();
		} else {
			scale = choice.split(" ")[0];
			scales();
			draw();
		}
	});
	let waiting;
	byId("q").addEventListener("input", () => {
		clearTimeout(waiting);
		waiting = setTimeout(filter, +byId("rows").dataset.count > 5000 ? 200 : 0);
	});
	byId("tools").hidden = false;
	outcomes();
	scales();
	heads(+byId("rows").dataset.count);
})();
