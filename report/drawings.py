"""Small drawings that stand in tables, and pictures as images of the page itself.

bar(shares, colours, marked)           stacked shares, what happened marked
density(values, in_ratios)             how an unknown is spread
shade(0.4)                             the style of a cell of a heat map
image(figure, alt)                     a matplotlib figure, as bytes in the page
lines(shares, axis, colours, ds)       shares along a grid axis
"""

from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis import style
from posse.kernels.html import Html, colour, tag, void
from posse.report.answers import Shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 300, 22
BINS = 30
DENSEST = (8, 48, 107)  # the colour of a total index of 1, in red, green and blue


def _svg(alt: str, width: int, height: int, *parts: Html, kind: str) -> Html:
    box = {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": alt, "preserveAspectRatio": "none"}
    return tag("svg", tag("title", alt), *parts, **box, class_=kind)


def bar(shares: Mapping[str, float], colours: Mapping[str, str], marked: str = "") -> Html:
    """Shares beside each other; triangles mark one, hollow ones where its share is 0."""
    parts: list[Html] = []
    marks: list[Html] = []
    start = 0.0
    for name, share in shares.items():
        x, width = WIDTH * start, WIDTH * share
        fill = colour(colours.get(name)) or "#bbbbbb"
        if share > 0:
            parts.append(void("rect", x=f"{x:.2f}", y="4", width=f"{width:.2f}", height="14", fill=fill, class_="part"))
        if name == marked:
            middle = min(max(x + width / 2, 4), WIDTH - 4)
            for y, tip in ((0, 4), (HEIGHT, HEIGHT - 4)):
                points = f"{middle - 4:.2f},{y} {middle + 4:.2f},{y} {middle:.2f},{tip}"
                marks.append(void("polygon", points=points, class_="mark" if share > 0 else "mark never"))
        start += share
    alt = ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share > 0)
    return _svg(alt, WIDTH, HEIGHT, *parts, *marks, kind="bar")


def density(values: npt.NDArray[Any], ratios: bool) -> Html:
    """The density of draws, over the logarithm where they are drawn in ratios."""
    values = np.log(values) if ratios else values
    heights, edges = np.histogram(values, BINS)
    top = 26 / heights.max()
    points = [f"{120 * k / BINS:.1f},{28 - top * heights[j]:.1f}" for j in range(BINS) for k in (j, j + 1)]
    path = " ".join(["0,28", *points, "120,28"])
    ends = [np.exp(e) if ratios else e for e in (edges[0], edges[-1])]
    alt = f"density from {ends[0]:.3g} to {ends[1]:.3g}{', on a logarithmic scale' if ratios else ''}"
    return _svg(alt, 120, 29, void("polygon", points=path, class_="density"), kind="spark")


def shade(share: float) -> str:
    """The style of a cell that is the darker the closer its number is to 1."""
    if np.isnan(share):
        return ""
    part = float(np.clip(share, 0, 1)) ** 0.8
    red, green, blue = (round(255 + (end - 255) * part) for end in DENSEST)
    return f"background: rgb({red}, {green}, {blue}); color: {'white' if part > 0.66 else 'black'}"


def image(figure: "Figure", alt: str) -> Html:
    """A figure as a PNG that the page itself contains."""
    data = BytesIO()
    figure.savefig(data, format="png", dpi=160, metadata={"Software": None})
    source = f"data:image/png;base64,{b64encode(data.getvalue()).decode()}"
    return void("img", src=source, alt=alt, width=f"{figure.get_figwidth() * 110:.0f}")


def lines(shares: Shares, axis: str, colours: Mapping[str, str], ds: xr.Dataset) -> "Figure":
    """Shares of the words along one axis, with two standard errors to both sides."""
    figure = style.new_figure(4.8, 2.9)
    axes = figure.add_subplot()
    values = ds[axis].values
    numeric = values.dtype.kind in "iuf"
    x = values if numeric else np.arange(len(values))
    style.set_axis(axes, values, "x")
    for k, name in enumerate(shares.present):
        share, error = (part.sel({part.dims[-1]: name}).values for part in (shares.share, shares.error))
        axes.plot(x, share, color="0.2", linewidth=3.2, zorder=2 + k)
        axes.plot(
            x, share, color=colours[name], linewidth=2, marker="o", markersize=4, mec="0.2", mew=0.6, zorder=2 + k
        )
        axes.errorbar(x, share, 2 * np.nan_to_num(error), fmt="none", ecolor="0.2", linewidth=0.8, zorder=3 + k)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(style.axis_title(ds, axis))
    axes.set_ylabel("share")
    return figure
