"""A sweep as HTML, for notebooks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from posse.kernels.html import Html, folded, page, table, tag
from posse.sweeps.memory import gigabytes

if TYPE_CHECKING:
    from posse.sweeps.sweep import Sweep

MOST_NAMES = 4  # labels that are named in full


def sweep_html(checked: "Sweep") -> str:
    """A sweep: its axes, what is held fixed, and what it gives."""
    rows = []
    for axis in checked.axes:
        for name, values in axis.values.items():
            p = checked.game.parameter(name)
            of = axis.name if name == next(iter(axis.values)) else ""
            rows.append((of, len(axis) if of else "", p.name, p.symbol, span(values), p.long_name))
    outputs = ", ".join(output.name for output in checked.outputs)
    return page(
        f"Sweep: {checked.game.title} ({checked.game.name}, version {checked.game.version})",
        tag("p", f"{checked.size:,} points, {gigabytes(checked.nbytes)}: {outputs} ({checked.dtype})"),
        table(("axis", "labels", "parameter", "symbol", "range", "meaning"), rows),
        held(checked.fixed),
    )


def held(values: Mapping[str, Any]) -> Html:
    """What is held at one value: parameters, or chosen labels."""
    rows = [(name, f"{value:g}" if isinstance(value, float) else value) for name, value in values.items()]
    return folded(f"{len(rows)} held at one value", table(("name", "value"), rows))


def span(labels: npt.NDArray[Any]) -> str:
    """From where to where labels go; names are listed."""
    if labels.dtype.kind in "iuf":
        low, high = np.min(labels), np.max(labels)
        return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
    names = [str(label) for label in labels.ravel()[:MOST_NAMES]]
    return ", ".join(names) + (", …" if labels.size > MOST_NAMES else "")
