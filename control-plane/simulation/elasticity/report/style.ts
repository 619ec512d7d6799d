/** How a report looks, by day and by night; each colour has a contrast of at least 4.5 as text and 3 as a drawing. */
export const STYLE = `
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;--short:#c4162a;
--load:#57606a;--cartwright:#0a58ca;--hpa:#a14a00;--kpa:#0b7285;--fixed:#7a3e9d;--oracle:#3a7d22}
@media (prefers-color-scheme:dark){:root{--page:#0f1318;--text:#e6e9ed;--soft:#9aa4af;--line:#353d46;--short:#ff7b86;
--load:#9aa4af;--cartwright:#6ea8fe;--hpa:#f0a35e;--kpa:#5cc8d9;--fixed:#cf9fec;--oracle:#8fd16f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.75rem;margin:.5rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.5rem 0 .25rem}
p,.words,dt,.axis,.times,.notes{color:var(--soft)}
a{color:var(--cartwright)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,10rem),1fr));gap:.5rem 1.5rem;margin:1rem 0}
dt{font-size:.875rem}dd{margin:0;overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0}
nav a{display:inline-block;padding:.25rem 0}
.chart{margin:1rem 0;--own:var(--load)}
${['cartwright', 'hpa', 'kpa', 'fixed', 'oracle'].map((name) => `.${name}{--own:var(--${name})}`).join('')}
figcaption{font-weight:600}.words{font-weight:400;font-size:.875rem}
.plot{display:grid;grid-template-columns:3.5rem 1fr;gap:.5rem}
.plot svg{width:100%;height:8rem;display:block;overflow:visible}
.axis{display:flex;flex-direction:column;justify-content:space-between;text-align:right;font-size:.8rem;line-height:1;padding-bottom:.7rem;font-variant-numeric:tabular-nums}
.times{position:relative;height:1.25rem;margin-left:4rem;font-size:.8rem}
.times span{position:absolute;transform:translateX(-50%);white-space:nowrap}.times span:first-child{transform:none}.times span:last-child{transform:translateX(-90%)}
path{vector-effect:non-scaling-stroke}
.grid{stroke:var(--line);fill:none}
.band{fill:var(--own);fill-opacity:.3;stroke:var(--own);stroke-width:1}
.required{fill:none;stroke:var(--text);stroke-width:1}
.short{stroke:var(--short);stroke-width:2}
details{margin:1rem 0}summary{cursor:pointer;padding:.5rem 0;color:var(--cartwright)}
.table{overflow-x:auto}
.table:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--cartwright);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{font-weight:600}tr>:first-child{text-align:left;padding-left:0}
@media (max-width:40rem){.times span:nth-child(even){display:none}}
`;
