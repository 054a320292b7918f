"""The column of selects and sliders: what a view is set with.

Controls(space, changed).layout
"""

from collections.abc import Callable
from math import log10
from typing import Any

import numpy as np
import panel as pn
from bokeh.models import CustomJSTickFormatter

from posse.explorer import look, words
from posse.explorer.dial import Dial, Value
from posse.explorer.space import Space
from posse.explorer.view import View
from posse.kernels.html import tag

STEPS = 100  # of a slider

Changed = Callable[..., None]


class Controls:
    """changed: is called with the fields of the view that were set anew."""

    def __init__(self, space: Space, view: View, changed: Changed) -> None:
        self.space, self.changed, self._quiet = space, changed, False
        names = {words.plain(name): name for name in space.dials}
        self.x = _select("across", names, lambda name: changed(x=name))
        self.y = _select("upwards", names, lambda name: changed(y=name))
        colours = {words.colouring(name): name for name in space.colourings}
        self.colour = _select("colour", colours, lambda name: changed(colour=name))
        self.dials = {name: self._dial(dial, view.point[name]) for name, dial in space.dials.items()}
        self.show(view)
        rows = [item for name, widget in self.dials.items() for item in _row(space.dials[name], widget)]
        self.layout = pn.Column(
            _heading("The map"), self.x, self.y, self.colour, _heading("Every parameter"), *rows,
            styles={"width": "23vw", "height": "100%", "overflow-y": "auto", "padding": "0 0.6em", "flex": "none"},
        )  # fmt: skip

    def show(self, view: View) -> None:
        """Set everything to where a view has it."""
        self._quiet = True
        self.x.value, self.y.value, self.colour.value = view.x, view.y, view.colour
        for name, value in view.point.items():
            if self._read(name) != value:
                self.dials[name].value = _stand(self.space.dials[name], value)
        self._quiet = False

    def _dial(self, dial: Dial, value: Value) -> Any:
        if dial.is_choice:
            return _select(words.title(dial), {str(label): label for label in dial.labels or ()}, self._moved(dial))
        start, end, step = _reach(dial, value)
        slider = pn.widgets.FloatSlider(
            name=words.title(dial),
            start=start,
            end=end,
            step=step,
            value=_stand(dial, value),
            format=_format(dial),
            stylesheets=[look.WIDGET],
            sizing_mode="stretch_width",
            margin=(2, 14, 0, 8),
        )
        moved = self._moved(dial)
        slider.param.watch(lambda event: moved(event.new), "value")
        return slider

    def _moved(self, dial: Dial) -> Callable[[Any], None]:
        def moved(stand: Any) -> None:
            if not self._quiet:
                self.changed(dial={dial.name: stand if dial.is_choice else _value(dial, stand)})

        return moved

    def _read(self, name: str) -> Value:
        dial, stand = self.space.dials[name], self.dials[name].value
        return str(stand) if dial.is_choice else _value(dial, stand)


def _select(name: str, options: dict[str, Any], chosen: Callable[[Any], None]) -> Any:
    select = pn.widgets.Select(
        name=name, options=options, stylesheets=[look.WIDGET], sizing_mode="stretch_width", margin=(2, 14, 4, 8)
    )
    select.param.watch(lambda event: chosen(event.new), "value")
    return select


def _heading(text: str) -> Any:
    return pn.pane.HTML(tag("h2", text), stylesheets=[look.PANE], margin=(4, 8, 0, 8))


def _row(dial: Dial, widget: Any) -> list[Any]:
    if not dial.long_name:
        return [widget]
    about = tag("p", dial.long_name, class_="quiet")
    return [widget, pn.pane.HTML(about, stylesheets=[look.PANE], margin=(0, 14, 6, 8))]


# A slider stands at the value, at its logarithm, or at the number of a label.


def _reach(dial: Dial, value: Value) -> tuple[float, float, float]:
    """Start, end and step of a slider, which covers the value too."""
    if dial.labels is not None:
        return 0, max(1, len(dial.labels) - 1), 1
    ends = [_stand(dial, end) for end in (*dial.span, value)]
    return min(ends), max(ends), (max(ends) - min(ends)) / STEPS


def _stand(dial: Dial, value: Value) -> Any:
    if dial.labels is not None:
        return value if dial.is_choice else dial.labels.index(value)
    return log10(float(value)) if dial.is_log else float(value)


def _value(dial: Dial, stand: float) -> Value:
    """What a slider says, to the digits that it shows."""
    if dial.labels is not None:
        return dial.labels[int(stand)]
    value = float(f"{10**stand if dial.is_log else stand:.4g}")
    return float(np.clip(value, *dial.bounds))


def _format(dial: Dial) -> CustomJSTickFormatter:
    """Writes the value that a slider stands at."""
    shown, arguments = "10 ** tick" if dial.is_log else "tick", {}
    if dial.labels is not None:
        shown, arguments = "labels[tick]", {"labels": list(dial.labels)}
    return CustomJSTickFormatter(args=arguments, code=f"return Number(({shown}).toPrecision(4)) + ''")
