"""The accessor of the public interface, `ds.posse`: one that can also tell all its answers in a report."""

from pathlib import Path

from posse.analysis.accessor import Accessor as AskedAccessor
from posse.report.write import write


class Accessor(AskedAccessor):
    __doc__ = AskedAccessor.__doc__

    def report(self, path: str | Path) -> None:
        """Write what the cube says of its cases into a page, or a notebook that asks it anew, whole or not at all.

        path: ends in .html (one file that asks for nothing from anywhere) or in .ipynb (which solves the cube's spec).

        Tells what was asked; for each case the shares of `predict`, next to what happened where a note `observed` says
        so; scores, sensitivities and conditions; a map over the two unknowns that decide most, all others at their
        medians, solved by the game as it is here; and where all of it comes from. What cannot be told is said, and why.
        Axes besides cases and designs are averaged over, or held in the middle where that cannot be.

        Needs Matplotlib. Raises InputError where the cube holds no regimes, or the file cannot be written.

        >>> crises.posse.report("crises.html")
        """
        write(self._ds, path)
