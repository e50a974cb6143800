/** The whole look of the page; nothing is loaded. */
export const style = `
:root{color-scheme:light dark;--line:#8883;--soft:#8881;--accent:#1a7f5a}
*{box-sizing:border-box}
body{font:15px/1.55 system-ui,sans-serif;margin:0}
.page{display:grid;grid-template-columns:15rem minmax(0,1fr);max-width:84rem;margin:0 auto}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1.6rem 1rem;border-right:1px solid var(--line)}
nav a{display:flex;justify-content:space-between;gap:.6rem;color:inherit;text-decoration:none;padding:.22rem .6rem;border-radius:6px}
nav a:hover{background:var(--soft)}
nav small{opacity:.55}
nav strong{display:block;padding:.2rem .6rem .6rem;font-size:1.05rem}
main{padding:1.6rem 2rem 6rem;min-width:0}
h1{margin:.2rem 0;font-size:1.9rem}
h1 small{font-weight:400;font-size:1rem;opacity:.6}
h2{margin:2.6rem 0 .1rem;font-size:1.3rem;scroll-margin-top:1rem}
h3{margin:1.4rem 0 .3rem;font-size:1rem}
h4{margin:1rem 0 .3rem;font-size:.82rem;text-transform:uppercase;letter-spacing:.05em;opacity:.75}
h4 small{text-transform:none;letter-spacing:0;font-weight:400}
h2+p{margin:.1rem 0 .8rem;opacity:.75}
.operation{border:1px solid var(--line);border-radius:8px;margin:.45rem 0;padding:0 .9rem;scroll-margin-top:1rem}
.operation[open]{padding-bottom:1rem}
summary{cursor:pointer;padding:.55rem 0;display:flex;gap:.7rem;align-items:baseline;flex-wrap:wrap}
summary::-webkit-details-marker{display:none}
summary span{opacity:.75}
summary b{font:600 .75rem ui-monospace,monospace;min-width:4.1em;text-align:center;border-radius:5px;padding:.12rem .3rem;color:#fff}
.GET{background:#1a7f5a}.POST{background:#2563c9}.PUT,.PATCH{background:#a15c00}.DELETE{background:#b83227}
.chip{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:.05rem .65rem;font-size:.85rem;margin:.1rem 0}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:.6rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.7rem .9rem;overflow:auto;border-radius:6px;margin:0;max-height:30rem}
pre.example{border-left:3px solid var(--accent)}
code,pre{font-family:ui-monospace,monospace;font-size:.84rem}
table{border-collapse:collapse;width:100%}
td{border-top:1px solid var(--line);padding:.25rem .8rem .25rem 0;vertical-align:top}
td:first-child{white-space:nowrap;width:1%}
.status{font:600 .85rem ui-monospace,monospace}
table code{display:inline-block;margin-right:.5rem}
@media(max-width:60rem){.page{grid-template-columns:1fr}nav{position:static;max-height:none;border-right:0}.pair{grid-template-columns:1fr}main{padding:1rem}}
`;
