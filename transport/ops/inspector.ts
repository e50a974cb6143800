/** The live inspector: one page that reads the event stream and draws a table; it builds text nodes only. */
import { type Page, page } from '../http/page.ts';

export function inspectorPage(): Page {
  return page('Thenar inspector', body, style, script);
}

const body = `
<header>
<h1>Thenar</h1>
<p id="summary" role="status">connecting…</p>
<form id="access" hidden><label>Operator token <input id="token" type="password" autocomplete="off"></label><button>Open</button></form>
<form id="filter">
<label>Kind <input id="kind" size="10"></label>
<label>Tenant <input id="tenant" size="36"></label>
<label>Sort <select id="sort"><option>active</option><option>depth</option><option>age</option><option>failed</option><option>restarts</option></select></label>
</form>
</header>
<main>
<table><thead><tr><th>actor<th>state<th>mailbox<th>oldest ms<th>handled<th>failed<th>restarts<th>last message<th>last active<th>snapshot</tr></thead>
<tbody id="rows"></tbody></table>
<aside id="detail" hidden><button id="close">Close</button><h2 id="name"></h2>
<p><button data-action="snapshot">Snapshot</button> <button data-action="passivate">Passivate</button> <button data-action="restart">Restart</button> <span id="outcome" role="status"></span></p>
<pre id="state"></pre></aside>
</main>`;

const style = `
:root{color-scheme:light dark}
body{font:14px/1.45 system-ui,sans-serif;margin:0}
header{padding:.8rem 1rem;border-bottom:1px solid #8884}
h1{font-size:1.2rem;margin:0}
#summary{margin:.2rem 0 .6rem;opacity:.8}
form{display:inline-flex;gap:1rem;flex-wrap:wrap}
main{display:flex;align-items:flex-start;gap:1rem;padding:0 1rem}
table{border-collapse:collapse;flex:1;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #8883;white-space:nowrap}
tbody tr{cursor:pointer}
tbody tr:hover,tbody tr:focus{background:#8882}
tr.failing td{color:#c0392b}
aside{width:34rem;max-width:45vw;position:sticky;top:0}
h2{font-size:1rem;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.7rem;border-radius:6px}
`;

const script = `
'use strict';
const $ = (id) => document.getElementById(id);
let token = sessionStorage.getItem('token') || '';
let shown = null;
let reading = null;
const headers = (more) => Object.assign(token ? { authorization: 'Bearer ' + token } : {}, more);

function cell(row, text) { const td = document.createElement('td'); td.textContent = text; row.append(td); }

function draw(picture) {
  const counts = Object.entries(picture.counts).map(([name, count]) => count + ' ' + name).join(' · ');
  $('summary').textContent = [counts, picture.connections + ' scanners connected',
    picture.dead_letters + ' dead letters', new Date(picture.at).toLocaleTimeString()].filter(Boolean).join(' · ');
  $('rows').replaceChildren(...picture.actors.map((actor) => {
    const row = document.createElement('tr');
    row.tabIndex = 0;
    if (actor.failed > 0) row.className = 'failing';
    [actor.address, actor.state, actor.mailbox_depth, Math.round(actor.oldest_age_ms), actor.handled, actor.failed,
      actor.restarts, actor.last_message || '', new Date(actor.last_active_at).toLocaleTimeString(),
      actor.snapshot_version === null ? '' : actor.snapshot_version + (actor.snapshot_lag ? ' −' + actor.snapshot_lag : '')
    ].forEach((text) => cell(row, text));
    row.onclick = () => show(actor.address);
    row.onkeydown = (event) => { if (event.key === 'Enter') show(actor.address); };
    return row;
  }));
}

async function show(address) {
  shown = address;
  const reply = await fetch('/actors/' + encodeURIComponent(address), { headers: headers() });
  $('name').textContent = address;
  $('state').textContent = JSON.stringify(await reply.json(), null, 2);
  $('detail').hidden = false;
}

document.querySelectorAll('[data-action]').forEach((button) => {
  button.onclick = async () => {
    const action = button.dataset.action;
    const reply = await fetch('/actors/' + encodeURIComponent(shown) + '/' + action,
      { method: 'POST', headers: headers({ 'x-thenar-ops': '1' }) });
    $('outcome').textContent = reply.ok ? action + ' done' : (await reply.json()).message;
  };
});
$('close').onclick = () => { $('detail').hidden = true; };
$('filter').onsubmit = (event) => event.preventDefault();
$('filter').onchange = () => { if (reading) reading.abort(); };
$('access').onsubmit = (event) => {
  event.preventDefault();
  token = $('token').value;
  sessionStorage.setItem('token', token);
  $('access').hidden = true;
  follow();
};

async function read() {
  reading = new AbortController();
  const query = new URLSearchParams({ sort: $('sort').value, limit: '200' });
  for (const name of ['kind', 'tenant']) if ($(name).value) query.set(name, $(name).value);
  const reply = await fetch('/actors/stream?' + query, { headers: headers(), signal: reading.signal });
  if (reply.status === 401) { $('access').hidden = false; $('summary').textContent = 'a token is needed'; return false; }
  if (!reply.ok) throw new Error((await reply.json()).message);
  const stream = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await stream.read();
    if (done) return true;
    const events = (text + value).split('\\n\\n');
    text = events.pop();
    for (const event of events) draw(JSON.parse(event.slice(event.indexOf('data: ') + 6)));
  }
}

async function follow() {
  for (;;) {
    try {
      if (!await read()) return;
    } catch (error) {
      if (error.name !== 'AbortError') {
        $('summary').textContent = 'not connected: ' + error.message;
        await new Promise((again) => setTimeout(again, 2000));
      }
    }
  }
}
follow();
`;
