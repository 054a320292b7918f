"""The page: a view, the widgets that set it, the map and the words that show it.

Page(source, name).layout
"""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import panel as pn
from bokeh.events import DocumentReady
from bokeh.models import Column, CustomJS, Div

from posse.explorer import look, view, words
from posse.explorer.controls import Controls
from posse.explorer.dial import Span
from posse.explorer.export import FILES
from posse.explorer.map import Map
from posse.explorer.picture import paint
from posse.explorer.solving import UNFINISHED, Source
from posse.explorer.view import MOST_PINS, View
from posse.kernels.errors import InputError, PosseError
from posse.kernels.html import Html, tag

SOON, AFTERWARDS = 15, 250  # milliseconds: to a new map, and to what is told of it when nothing moves any more
AGAIN = 2000  # milliseconds between two looks at a sweep that is still running
MOVES = {  # of the map: to the right and up, in shares of its sides, and to how many times its sides
    "Zoom in": (0, 0, 1 / 2),
    "Zoom out": (0, 0, 2),
    "Left": (-1 / 4, 0, 1),
    "Right": (1 / 4, 0, 1),
    "Up": (0, 1 / 4, 1),
    "Down": (0, -1 / 4, 1),
}


class Page:
    """One visitor's page. Every change goes through `change`; of several at once, the last one is drawn."""

    def __init__(self, source: Source, name: str) -> None:
        pn.extension(raw_css=[look.PAGE])
        self.source, self.space, self.name = source, source.space, name
        self.pointer: tuple[float, float] | None = None
        self.document: Any = pn.state.curdoc
        self.view, self.error = self._asked()
        self.failed: dict[str, str] = {}  # what could not be done the last time, and why
        self._due: set[str] = set()
        self._moved_away: tuple[str, str] | None = None  # an axis that made room for the other, and what it showed
        self.took = ""
        self._told: Any = None  # the pins that are told of
        self.controls = Controls(self.space, self.view, self.change)
        self.head, self.legend, self.here, self.pinned, self.foot = (_pane() for _ in range(5))
        self.address = Div(visible=False)
        published = CustomJS(args={"address": self.address}, code=PUBLISHED)
        self.address.js_on_change("text", published)
        self.document.js_on_event(DocumentReady, published)
        self.frame = Column(sizing_mode="stretch_both", margin=0)
        self.frame.js_on_change("children", CustomJS(args={"frame": self.frame}, code=LET_GO))
        self.layout = self._layout()
        self._draw_axes()
        self._later("redraw", SOON)
        self._later("tell", SOON)
        self._later("publish", AFTERWARDS)
        if source.why == UNFINISHED:
            self.document.add_periodic_callback(partial(self._do, "look"), AGAIN)

    def _asked(self) -> tuple[View, str]:
        """The view of the link that was followed; where it is broken, the default and the reason."""
        query = self.document.session_context.request.query
        try:
            return view.read(query, self.space), ""
        except InputError as error:
            return view.default(self.space), f"This link cannot be shown: {error}"

    def _layout(self) -> Any:
        pin = _button("Pin this point", lambda _: self.pin(self.view.point))
        clear = _button("Clear the pins", lambda _: self.change(pins=()))
        side = pn.Column(
            self.legend, self.here, pn.Row(pin, clear, margin=0), self.pinned,
            styles={"width": "31vw", "height": "100%", "overflow-y": "auto", "padding": "0 0.6em", "flex": "none"},
        )  # fmt: skip
        moves = [_button(name, partial(self._move, *move)) for name, move in MOVES.items()]
        moves.append(_button("Whole map", self._show_all))
        middle = pn.Column(
            self.head, self.frame, pn.Row(*moves, margin=0, styles={"flex-wrap": "wrap"}), self.foot,
            styles={"flex": "1 1 auto", "height": "100%", "min-width": "0"},
        )  # fmt: skip
        return pn.Row(
            self.controls.layout, middle, side, self.address,
            styles={"width": "100vw", "height": "100vh", "overflow": "hidden"}, margin=0,
        )  # fmt: skip

    # Changing

    def change(self, dial: dict[str, Any] | None = None, **fields: Any) -> None:
        """Set fields of the view, or where a dial stands."""
        before = self.view
        if dial:
            fields["point"] = {**before.point, **dial}
        fields = {name: value for name, value in fields.items() if value != getattr(before, name)}
        if not fields:
            return
        fields |= self._other_axis(fields)
        for axis in ("x", "y"):
            if fields.get(axis, getattr(before, axis)) != getattr(before, axis):
                fields.setdefault(f"{axis}_range", self.space.dials[fields[axis]].span)
        self.view = replace(before, **fields)
        self.error = ""
        if (self.view.x_range, self.view.y_range) != (before.x_range, before.y_range):
            self.pointer = None  # what lay there lies elsewhere
        only_pins = replace(before, pins=self.view.pins) == self.view
        if not only_pins and not (dial and set(dial) <= {self.view.x, self.view.y}):
            self._later("redraw", SOON)
        self._later("tell", SOON)
        self._later("publish", AFTERWARDS)

    def _other_axis(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Where an axis is chosen that the other one shows, they change places, until the choice moves on."""
        moved, self._moved_away = self._moved_away, None
        for axis, other in (("x", "y"), ("y", "x")):
            if axis in fields:
                own = moved[1] if moved and moved[0] == other else getattr(self.view, other)
                if fields[axis] != own:
                    return {other: own}
                self._moved_away = other, own
                return {other: getattr(self.view, axis)}
        return {}

    def pin(self, point: Any) -> None:
        """Pin a point beside the one that is pinned first."""
        pins = self.view.pins
        if dict(point) not in pins:
            self.change(pins=(*pins[: MOST_PINS - 1], dict(point)))

    def _clicked(self, x: float, y: float) -> None:
        if self._is_shown(x, y):
            self.pin(self._point_at(x, y))

    def _moved(self, x: float, y: float) -> None:
        self.pointer = (x, y) if self._is_shown(x, y) else None
        self._later("tell", SOON)

    def _is_shown(self, x: float, y: float) -> bool:
        """Whether a position lies on the map: not beside it, nor on one of other axes that is about to go."""
        (left, right), (bottom, top) = self.view.x_range, self.view.y_range
        return self._is_drawn and left <= x <= right and bottom <= y <= top

    @property
    def _is_drawn(self) -> bool:
        """Whether the figure has the axes of the view."""
        return self.map.axes == (self.view.x, self.view.y)

    def _move(self, across: float, up: float, zoom: float, _: Any) -> None:
        x, y = self.space.dials[self.view.x], self.space.dials[self.view.y]
        self._show(x.moved(self.view.x_range, across, zoom), y.moved(self.view.y_range, up, zoom))
        self._later("place", SOON)

    def _show_all(self, _: Any) -> None:
        self._show(self.space.dials[self.view.x].span, self.space.dials[self.view.y].span)
        self._later("place", SOON)

    def _show(self, x_range: Span, y_range: Span) -> None:
        """Show another part of the axes, as far as there is a map of it."""
        dials = self.space.dials
        with suppress(InputError):  # between two labels there is nothing to see
            self.change(x_range=dials[self.view.x].widened(x_range), y_range=dials[self.view.y].widened(y_range))

    def _looked(self, x_range: Span, y_range: Span) -> None:
        """The browser shows another part; where there is no map of that, it goes back."""
        if not self._is_drawn:
            return
        self._show(x_range, y_range)
        if (x_range, y_range) != (self.view.x_range, self.view.y_range):
            self._later("place", SOON)

    def _point_at(self, x: float, y: float) -> dict[str, Any]:
        view, dials, (columns, rows) = self.view, self.space.dials, self.map.size
        across = dials[view.x].pointed(x, view.x_range, columns)
        return {**view.point, view.x: across, view.y: dials[view.y].pointed(y, view.y_range, rows)}

    # Showing. What is asked for while it is already due is done once, for the view of that moment.
    # The figure is touched only here: widgets call without a lock on the document, and their messages overtake others.

    def _later(self, what: str, milliseconds: int) -> None:
        if what not in self._due:
            self._due.add(what)
            self.document.add_timeout_callback(partial(self._do, what), milliseconds)

    def _do(self, what: str) -> None:
        self._due.discard(what)
        try:
            getattr(self, f"_{what}")()
            self.failed.pop(what, None)
        except PosseError as error:
            self.failed[what] = str(error)
            self._clear(what)
        self._head()

    def _clear(self, what: str) -> None:
        """Take away what would be told of another view."""
        if what == "redraw":
            self.map.clear()
            self.legend.object = self.took = ""
            self._foot()
        elif what == "tell":
            self.here.object = self.pinned.object = ""
            self._told = None

    def _draw_axes(self) -> None:
        self.pointer = None
        self.map = Map(
            self.space, self.view, self._moved, self._clicked, self._looked, partial(self._later, "redraw", SOON)
        )
        self.frame.children = [self.map.figure]
        self.controls.show(self.view)

    def _place(self) -> None:
        """Put the axes in the browser where the view has them; other axes are drawn there in the first place."""
        if self._is_drawn:
            self.map.look(self.view)

    def _redraw(self) -> None:
        if not self._is_drawn:
            self._draw_axes()
        if not self.source.is_ready(self.view) and "Compiling" not in self.foot.object:
            self._clear("redraw")
            self.foot.object = _note("Compiling the game for these axes: some seconds, once")
            self._later("redraw", 4 * SOON)
            return
        columns, rows = self.map.size
        began = perf_counter()
        cells = self.source.cells(self.view, columns, rows)
        self.map.show(paint(cells), cells.codes, self.view)
        self.legend.object = words.legend(cells, self.space, self.view.colour == self.space.regime)
        self.took = f"{columns} × {rows} cells in {1000 * (perf_counter() - began):.0f} ms"
        self._foot()

    def _tell(self) -> None:
        """The words about points: under the pointer or at the cross, and those that are pinned."""
        if not self._is_drawn:
            self._draw_axes()
        axes = self.view.x, self.view.y
        point = self._point_at(*self.pointer) if self.pointer else self.view.point
        heading = "Under the pointer" if self.pointer else "At the cross"
        self.here.object = words.here(self.source.solve(point), self.space, point, axes, heading)
        self.map.mark(self.view)
        if self._told != self.view.pins or self.source.progress:
            self._told = self.view.pins
            self.pinned.object = words.pinned(self.source, self.view.pins) if self.view.pins else HINT

    def _publish(self) -> None:
        """The link to this view, in the address bar and at the foot of the page."""
        self.controls.show(self.view)
        self.address.text = "?" + view.write(self.view, self.space)
        self._foot()

    def _head(self) -> None:
        progress = self.source.progress
        wrong = dict.fromkeys(text for text in (self.error, *self.failed.values()) if text)
        notes = [_alert(text) for text in wrong]
        if progress:
            notes.append(_note(words.unfinished(self.name, progress)))
        elif self.source.why == UNFINISHED:
            notes.append(_note("The sweep is finished: ", tag("a", "explore all of it", href="?")))
        elif self.source.why:
            notes.append(_note("Only the cells of the cube: ", self.source.why))
        self.head.object = tag("div", tag("h1", self.space.title), tag("p", self.name, class_="quiet"), *notes)

    def _foot(self) -> None:
        query = view.write(self.view, self.space)
        links = [tag("a", what, href=f"export/{name}?{query}", download=name) for name, what in FILES.items()]
        links.append(tag("a", "link to this view", href=f"?{query}"))
        self.foot.object = tag("div", tag("p", *links), tag("p", self.took, class_="quiet"))

    def _look(self) -> None:
        """See how far a running sweep has come."""
        if self.source.look():
            self._later("redraw", SOON)
            self._later("tell", SOON)


PUBLISHED = """
if (address.text) history.replaceState(null, '', address.text)
const name = (root) => root.querySelectorAll('*').forEach((e) => {  // sliders, for those who do not see them
    if (e.shadowRoot) name(e.shadowRoot)
    if (!e.classList.contains('noUi-handle')) return
    const title = root.querySelector('.bk-slider-title').textContent, end = title.lastIndexOf(':')
    e.setAttribute('aria-label', title.slice(0, end).replace(/\\s+/g, ' '))
    e.setAttribute('aria-valuetext', title.slice(end + 1).trim())
})
name(document)
"""
LET_GO = "setTimeout(() => frame.document.freeze_all_models(() => {}), 1000)"  # of figures that were replaced
HINT = tag("p", "Click on the map to pin a point and read its story; a second one is compared with it.", class_="quiet")


def refusal(error: Exception) -> Any:
    """What stands in place of a page that cannot be shown."""
    pn.extension(raw_css=[look.PAGE])
    return _pane(_alert(str(error)))


def _alert(text: str) -> Html:
    return tag("p", text, class_="error", role="alert")


def _note(*content: str) -> Html:
    return tag("p", *content, class_="note", role="status")


def _pane(text: str = "") -> Any:
    return pn.pane.HTML(text, stylesheets=[look.PANE], sizing_mode="stretch_width", margin=(4, 8))


def _button(name: str, pressed: Any) -> Any:
    button = pn.widgets.Button(name=name, stylesheets=[look.WIDGET], margin=(4, 8))
    button.on_click(pressed)
    return button
