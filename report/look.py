"""How the page looks, on a screen, a phone and paper."""

STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 74rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.3rem; margin: 2.5rem 0 0.5rem; }
h3 { font-size: 1.1rem; margin: 2rem 0 0.3rem; } p { max-width: 46rem; margin: 0.5rem 0; }
main li { max-width: 46rem; }
nav { font-size: 0.9rem; } a { color: #0b4a8f; }
.wide { overflow-x: auto; margin: 0.5rem 0; }
table { border-collapse: collapse; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #444; padding: 0.2rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid #e2e2e2; }
thead th { border-bottom: 1px solid #888; vertical-align: bottom; } tbody th { font-weight: 500; }
.tight th, .tight td { white-space: nowrap; } .heat { font-size: 0.78rem; }
.heat td { padding: 0.2rem 0.35rem; border: 1px solid #fff; }
.heat thead th { white-space: normal; padding-right: 0.35rem; }
tbody th { position: sticky; left: 0; background: #fff; }
.said { font-weight: 650; } .note { color: #444; font-size: 0.9rem; } .source { max-width: 38rem; }
.swatch { display: inline-block; width: 0.85em; height: 0.85em; border: 1px solid #777; margin-right: 0.35em; }
.key { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; font-size: 0.87rem; margin: 0.4rem 0; padding: 0; }
.key li { list-style: none; }
svg.bar { width: 18rem; height: 1.4rem; display: block; } svg.spark { width: 7.5rem; height: 1.8rem; display: block; }
.part { stroke: #555; stroke-width: 0.6; } .mark { fill: #000; }
.never { fill: #fff; stroke: #000; stroke-width: 1.1; } .faint { color: #767676; }
.density { fill: #9db7d3; stroke: #33557a; stroke-width: 0.6; }
.pair { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: flex-start; }
figure { margin: 0.5rem 0; max-width: 100%; } figcaption { font-size: 0.87rem; color: #444; max-width: 34rem; }
img { max-width: 100%; height: auto; } details { margin: 0.4rem 0; } summary { cursor: pointer; }
pre { overflow-x: auto; background: #f5f5f5; padding: 0.7rem; font-size: 0.8rem; }
code { overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  svg.bar { width: 11rem; } .tight tbody th { white-space: normal; min-width: 6rem; }
  main { padding: 0.5rem 0.8rem 3rem; }
}
@media print {
  :root { font-size: 10pt; } body { font-size: 1rem; } main { max-width: none; padding: 0; } nav { display: none; }
  .wide, pre { overflow: visible; } pre { white-space: pre-wrap; } svg, td, .swatch { print-color-adjust: exact; }
  .case, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  table { font-size: 7.5pt; } .heat { font-size: 6.2pt; }
  .tight th, .tight td { white-space: normal; } th, td { padding-right: 0.4rem; }
  details::details-content { display: block; content-visibility: visible; }
}
"""
