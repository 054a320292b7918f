"""The map itself: a Bokeh figure that shows a Picture and tells where the pointer is.

Map(space, view)   drawn anew when its axes change
.show(picture)     new cells
.mark(view)        the cross and the pins
"""

from collections.abc import Callable
from math import ceil, floor, log10, nan
from textwrap import fill
from typing import Any

from bokeh.core.property.descriptors import UnsetValueError
from bokeh.events import DoubleTap, MouseLeave, MouseMove, RangesUpdate, Tap
from bokeh.models import (
    BoxZoomTool,
    ColorBar,
    ColumnDataSource,
    CustomJS,
    CustomJSHover,
    CustomJSTickFormatter,
    FixedTicker,
    HoverTool,
    LabelSet,
    LinearColorMapper,
    PanTool,
    PlainText,
    Range1d,
    WheelZoomTool,
)
from bokeh.palettes import cividis
from bokeh.plotting import figure
from matplotlib.ticker import MaxNLocator

from posse.explorer import look, words
from posse.explorer.dial import Dial, Span
from posse.explorer.picture import OVER, UNDEFINED, Picture, palette
from posse.explorer.space import Space
from posse.explorer.view import View

SHADES = [UNDEFINED, *cividis(255)]
LARGEST = 1000  # cells along a side
LETTERS, MOST_NAMES = 56, 12  # that fit along a side
FIRST = 400  # before the browser has said how large it is


class Map:
    """moved(x, y): the pointer is there, or nowhere where both are nan; clicked(x, y); looked(x_range, y_range)."""

    def __init__(
        self,
        space: Space,
        view: View,
        moved: Callable[[float, float], None],
        clicked: Callable[[float, float], None],
        looked: Callable[[Span, Span], None],
        resized: Callable[[], None],
    ) -> None:
        self.space, self.axes = space, (view.x, view.y)
        x, y = space.dials[view.x], space.dials[view.y]
        self.x_range, self.y_range = _range(x, view.x_range), _range(y, view.y_range)
        self.figure: Any = figure(
            x_range=self.x_range,
            y_range=self.y_range,
            x_axis_type="log" if x.is_log else "linear",
            y_axis_type="log" if y.is_log else "linear",
            sizing_mode="stretch_both",
            toolbar_location="above",
            tools=[],
            min_border_right=20,
        )
        columns = ("shown", "over", "code", "x", "y", "dw", "dh")
        self.cells = ColumnDataSource({name: [] for name in columns}, name="cells")
        self.colours = LinearColorMapper(palette=palette(space.codes), low=-0.5, high=255.5)
        self.shades = LinearColorMapper(palette=SHADES[1:], low=0, high=1)
        self._draw()
        self._label(x, y)
        self._tools()
        for kind in (Tap, DoubleTap):  # the second of two quick clicks
            self.figure.on_event(kind, lambda event: clicked(event.x, event.y))
        self.figure.on_event(MouseMove, lambda event: moved(event.x, event.y))
        self.figure.on_event(MouseLeave, lambda _: moved(nan, nan))
        self.figure.on_event(RangesUpdate, lambda e: looked((e.x0, e.x1), (e.y0, e.y1)))
        self.figure.on_change("outer_width", lambda attr, old, new: self._resize_text(new))
        self.figure.on_change("inner_width", lambda attr, old, new: resized())
        self.figure.on_change("inner_height", lambda attr, old, new: resized())

    def _draw(self) -> None:
        place = {"x": "x", "y": "y", "dw": "dw", "dh": "dh", "source": self.cells}
        self.image = self.figure.image(image="shown", color_mapper=self.colours, **place)
        over = LinearColorMapper(palette=list(OVER), low=-0.5, high=2.5)
        self.figure.image(image="over", color_mapper=over, **place)
        self.bar = ColorBar(color_mapper=self.shades, visible=False)
        self.figure.add_layout(self.bar, "right")
        self.cross = ColumnDataSource({"x": [], "y": []})
        for colour, width in (("white", 5), ("black", 2)):
            self.figure.scatter("x", "y", source=self.cross, marker="cross", size=24, color=colour, line_width=width)
        self.pins = ColumnDataSource({"x": [], "y": [], "letter": [], "fill": []})
        self.figure.scatter(
            "x", "y", source=self.pins, size=26, fill_color="white", fill_alpha="fill", line_color="black", line_width=2
        )
        self.figure.add_layout(
            LabelSet(
                x="x", y="y", text="letter", source=self.pins, text_align="center", text_baseline="middle",
                text_font_size="16px", text_font_style="bold",
            )
        )  # fmt: skip

    def _label(self, x: Dial, y: Dial) -> None:
        for axis, dial in ((self.figure.xaxis[0], x), (self.figure.yaxis[0], y)):
            about = f": {dial.long_name}" if dial.long_name else ""
            axis.axis_label = PlainText(fill(words.short(f"{words.title(dial)}{about}", 2 * LETTERS), LETTERS))
            axis.axis_label_text_font_size = axis.major_label_text_font_size = "14px"
            axis.axis_label_text_font_style = "normal"
            axis.axis_label_text_color = axis.major_label_text_color = "#1a1a1a"
            if dial.is_choice:
                labels = [str(label) for label in dial.labels or ()]
                named = range(0, len(labels), ceil(len(labels) / MOST_NAMES))
                room = max(4, LETTERS // len(named)) if dial is x else LETTERS // 3
                axis.ticker = FixedTicker(ticks=list(named))
                axis.major_label_overrides = {k: PlainText(words.short(labels[k], room)) for k in named}
            elif dial.is_log:
                axis.ticker = FixedTicker()
                axis.formatter = CustomJSTickFormatter(code="return Number(tick.toPrecision(4)) + ''")

    def _resize_text(self, width: int) -> None:
        """Text on the map is as large as that beside it."""
        size = f"{min(26, max(14, round(width * 0.024)))}px"
        for axis in (*self.figure.axis, self.bar):
            axis.major_label_text_font_size = size
        for axis in self.figure.axis:
            axis.axis_label_text_font_size = size

    def _tools(self) -> None:
        wheel = WheelZoomTool(maintain_focus=False)
        names = {c.value: words.plain(c.name) for c in self.space.codes}
        told = [
            f"{names.get(k, 'not computed')}{': ' + self.space.meanings[k] if k in self.space.meanings else ''}"
            for k in range(256)
        ]
        hover = HoverTool(
            renderers=[self.image],
            visible=False,
            tooltips=f"<div style='font-size: {look.SIZE}; max-width: 15em'>@code{{custom}}</div>",
            formatters={"@code": CustomJSHover(args={"told": told}, code="return told[value]")},
        )
        self.figure.add_tools(PanTool(), wheel, BoxZoomTool(), hover)
        self.figure.toolbar.active_scroll = wheel
        self.figure.toolbar.logo = None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows: as many as there are pixels."""
        try:
            width, height = (min(LARGEST, int(n)) for n in (self.figure.inner_width, self.figure.inner_height))
        except UnsetValueError:
            return FIRST, FIRST
        return (width, height) if width > 1 and height > 1 else (FIRST, FIRST)

    def show(self, picture: Picture, codes: Any, view: View) -> None:
        """New cells, which fill what the view shows."""
        (left, right), (bottom, top) = view.x_range, view.y_range
        if picture.span:
            self.shades.update(low=picture.span[0], high=picture.span[1])
            self.colours.palette = SHADES
        else:
            self.colours.palette = palette(self.space.codes)
        for axis, name, span in zip(self.figure.axis, (view.x, view.y), (view.x_range, view.y_range), strict=True):
            if self.space.dials[name].is_log:
                axis.ticker.ticks = _ticks(span)
        self.bar.visible = picture.span is not None
        self.cells.data = {
            "shown": [picture.shown], "over": [picture.over], "code": [codes],
            "x": [left], "y": [bottom], "dw": [right - left], "dh": [top - bottom],
        }  # fmt: skip

    def look(self, view: View) -> None:
        """Put the axes where a view has them."""
        self.x_range.update(start=view.x_range[0], end=view.x_range[1])
        self.y_range.update(start=view.y_range[0], end=view.y_range[1])

    def clear(self) -> None:
        """No cells."""
        self.cells.data = {name: [] for name in self.cells.data}

    def mark(self, view: View) -> None:
        """The cross where the dials stand, and the pins; those of another slice are hollow."""
        places = [[self.space.dials[a].position(p[a]) for a in (view.x, view.y)] for p in (view.point, *view.pins)]
        self.cross.data = {"x": [places[0][0]], "y": [places[0][1]]}
        others = [n for n in self.space.dials if n not in (view.x, view.y)]
        self.pins.data = {
            "x": [x for x, _ in places[1:]],
            "y": [y for _, y in places[1:]],
            "letter": list(words.LETTERS[: len(view.pins)]),
            "fill": [0.9 if all(pin[n] == view.point[n] for n in others) else 0.3 for pin in view.pins],
        }


def _range(dial: Dial, span: Span) -> Range1d:
    """What an axis shows; it cannot be moved out of what can be solved, nor be narrower than what can be shown."""
    low, high = dial.limits
    shown = Range1d(*span, bounds=(low, high), max_interval=high - low)
    stop = CustomJS(args={"range": shown, "narrowest": dial.narrowest, "is_log": dial.is_log}, code=NOT_NARROWER)
    shown.js_on_change("start", stop)
    shown.js_on_change("end", stop)
    return shown


# Bokeh's own min_interval does not hold for a wheel that keeps no focus, which is the one that glides along a border.
NOT_NARROWER = """
const {start, end} = range, width = is_log ? Math.log(end / start) : end - start
if (!(width < narrowest)) range.last_shown = {start, end}
else if (range.last_shown) range.setv(range.last_shown)
"""


def _ticks(span: Span) -> list[float]:
    """Of an axis in ratios: 1, 2 and 5 times the powers of ten; fewer on a long axis, other ones on a short axis."""
    first, last = floor(log10(span[0])), ceil(log10(span[1]))
    factors = (1, 2, 5) if last - first < 5 else (1,)
    ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
    inside = [tick for tick in ticks if span[0] <= tick <= span[1]]
    return inside if len(inside) > 2 else list(map(float, MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(*span)))
