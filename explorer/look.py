"""How the page looks: one size for all text, that of the screen; nothing is fetched from elsewhere."""

FONT = "system-ui, 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"
SIZE = "clamp(14px, 1.1vw, 26px)"

PAGE = f"""
html, body {{ margin: 0; height: 100%; overflow: hidden; background: #ffffff; }}
body {{ font-family: {FONT}; font-size: {SIZE}; color: #1a1a1a; }}
:focus-visible {{ outline: 3px solid #0b57d0; outline-offset: 2px; }}
"""

_PANE = """
:host { font-size: SIZE; line-height: 1.35; color: #1a1a1a; }
h1 { font-size: 1.25em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05em; margin: 0.2em 0 0.3em; }
h3 { font-size: 1em; margin: 0.6em 0 0.2em; }
p { margin: 0.2em 0; }
a { color: #0b57d0; margin-right: 0.9em; white-space: nowrap; }
a:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: normal; padding: 0.1em 0.4em 0.1em 0; overflow-wrap: anywhere; }
td { padding: 0.1em 0.3em; vertical-align: top; }
.payoff { display: inline-block; margin-right: 0.8em; }
ul { margin: 0.1em 0 0.5em; padding-left: 1.2em; }
.pins { table-layout: fixed; }
.pins th:first-child { width: 42%; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.pins .number { white-space: normal; overflow-wrap: anywhere; }
.legend td:first-child { width: 1.2em; }
.bar { width: 25%; vertical-align: middle; }
.bar span { display: block; height: 0.6em; background: #777; min-width: 1px; }
.swatch { display: inline-block; width: 0.9em; height: 0.9em; border: 1px solid #555; vertical-align: -0.1em; }
.where, .quiet { color: #555; overflow-wrap: anywhere; }
.pins td, .pins th { border-bottom: 1px solid #ddd; }
.pins tr:first-child th { font-weight: bold; text-align: right; }
.differs, .differs th { font-weight: bold; }
.error, .note { overflow-wrap: anywhere; }
.error { background: #fde8e8; border-left: 4px solid #b3261e; padding: 0.4em 0.6em; }
.note { background: #fff5d6; border-left: 4px solid #b58900; padding: 0.4em 0.6em; }
section { border-top: 1px solid #ddd; overflow-x: auto; }
"""

_WIDGET = """
:host { font-size: SIZE; --font-size: SIZE; }
.bk-input-group, .bk-slider-title, label, select, button, .bk-input, .bk-btn { font-size: SIZE !important; }
.bk-slider-title { color: #1a1a1a; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.noUi-handle:focus-visible, .noUi-handle:focus { outline: 3px solid #0b57d0; outline-offset: 1px; }
select:focus-visible, button:focus-visible { outline: 3px solid #0b57d0 !important; outline-offset: 1px; }
"""

PANE, WIDGET = _PANE.replace("SIZE", SIZE), _WIDGET.replace("SIZE", SIZE)
