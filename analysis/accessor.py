"""What analysis code can ask of a cube: `ds.posse`, on any Dataset that posse made or whose files it wrote."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from posse.analysis import codes, conditions, export, predictions, scores, sensitivity, shares, statements
from posse.analysis.dims import grid
from posse.analysis.html import cube_html
from posse.analysis.pictures import Pictures
from posse.analysis.pieces import in_pieces, settled
from posse.analysis.point import at
from posse.analysis.selection import exactly
from posse.analysis.story import Story, story
from posse.analysis.table import table
from posse.kernels.errors import InputError, pick

Names = str | Iterable[str]
Observed = str | Mapping[Any, Any] | pd.Series


class Accessor:
    """Regimes by name, shares, predictions, boundaries, statements, tables and pictures of a cube.

    Answers are lazy where the cube is: nothing is read before `.compute()`, `.values` or a picture asks for it, and
    then chunk by chunk. Names that a cube does not have are refused with what there is instead (InputError).

    The examples use this small cube:

    >>> import posse
    >>> cube = posse.Sweep("restraint", axes={
    ...     "diversity": {"linspace": [0, 1, 21]}, "cap_observer": {"geomspace": [0.1, 5, 30]}, "resolve": [0.3, 0.7],
    ... }).evaluate()

    and this one of two crises, in which two parameters are unknown:

    >>> crises = posse.Sweep("restraint", axes={
    ...     "case": {"labels": ["Suez 1956", "Kosovo 1999"], "cap_leader": [0.05, 0.14], "cap_partner": [0.03, 0.09],
    ...              "cap_target": [0.005, 0.002], "cap_observer": [0.26, 0.05],
    ...              "notes": {"observed": ["oppose", "neutral"]}},
    ...     "sample": {"saltelli": 512, "resolve": {"uniform": [0, 1]}, "cost_oppose": {"log_uniform": [0.005, 0.5]}},
    ... }).evaluate()
    """

    def __init__(self, ds: xr.Dataset) -> None:
        self._ds = ds

    def _repr_html_(self) -> str:
        return cube_html(self._ds)

    def __repr__(self) -> str:
        sizes = " × ".join(f"{dim} {self._ds.sizes[dim]}" for dim in grid(self._ds))
        return f"<posse: {self._ds.attrs.get('game', 'a cube')}, {sizes or 'one point'}>"

    @property
    def regimes(self) -> list[str]:
        """The names of the regimes, in the order of their codes.

        >>> cube.posse.regimes[4]
        'disingenuous_bandwagoning'
        """
        return [code.name for code in codes.codes(self._ds[codes.regime_variable(self._ds)])]

    @property
    def groups(self) -> dict[str, list[str]]:
        """What sorts the regimes more coarsely: for each group the words that it knows.

        >>> cube.posse.groups["coalition"]
        ['disbands', 'remains', 'outside_domain']
        """
        found = codes.groups(self._ds[codes.regime_variable(self._ds)])
        return {name: list(dict.fromkeys(words)) for name, words in found.items()}

    def is_in(self, *regimes: str, **criteria: Names) -> xr.DataArray:
        """Where the regime is one of those named, and every criterion holds: a mask, bool, of the shape of the regimes.

        criteria: by the name of a variable of codes or flags, or of a group of regimes: what it is one of (of flags:
            which of them are set).

        >>> cube.posse.is_in("disingenuous_bandwagoning", "binding_bandwagoning").mean().item()
        0.11...
        >>> cube.posse.is_in(alignment="oppose", coalition="disbands").sum("cap_observer").dims
        ('diversity', 'resolve')
        """
        return codes.mask(self._ds, regimes, criteria)

    def where(self, *regimes: str, **criteria: Names) -> xr.Dataset:
        """The cube with all else missing, named as in is_in: codes, flags and counts as if not computed, numbers NaN.

        >>> cube.posse.where("disingenuous_bandwagoning").payoff.sel(player="observer").max().item()
        0.49...
        """
        inside = self.is_in(*regimes, **criteria)
        return self._ds.map(lambda variable: _kept(variable, inside), keep_attrs=True)

    def share(
        self, over: Names | None = None, weights: Mapping[str, Any] | None = None, by: str | None = None
    ) -> xr.DataArray:
        """Share of parameter space by regime, over all dimensions or over some.

        over: dimensions to average over; all if left out. Those that are left stay dimensions of the result.
        weights: beliefs over parameters, by axis: a weight for each label, in their order or by label; or a
            distribution with a method `cdf` (as those of scipy.stats), of which each label gets what is nearest to it,
            from the first label to the last; or a density, a function of the labels. They need not sum to 1. Labels of
            other axes weigh the same.
        by: a group in place of the regimes themselves, or another variable of codes.

        Gives shares that sum to 1 along the dimension "regime" (or the group's name), less what is not computed.

        >>> supported = cube.posse.share(over=["diversity", "cap_observer"], by="alignment").sel(alignment="support")
        >>> supported.values.round(2)  # a resolute observer supports more often
        array([0.08, 0.43])
        >>> cube.posse.share(weights={"resolve": [1, 3]}).sum().item()
        1.0...
        """
        return shares.share(self._ds, over, weights, by)

    def boundaries(self, along: Names | None = None) -> xr.DataArray:
        """Where the regime is another one at the next label along any axis, or any of those named: bool.

        True is the cell on the near side, whose next one differs; the last label along an axis has no next one.

        >>> int(cube.posse.boundaries("diversity").sum())
        65
        """
        return shares.boundaries(self._ds, along)

    def transitions(self, along: str) -> xr.Dataset:
        """Which regime gives way to which along an axis, how often, and where.

        Gives a Dataset over the dimensions "before" and "after" with `steps` (from one label to the next, at which
        the one regime gives way to the other), `fraction` (of all steps), and where: `lowest`, `average` and `highest`
        of the borders between these labels; along an axis whose labels are names, of their positions, from 0.

        >>> found = cube.posse.transitions("diversity")
        >>> found.steps.sel(before="disingenuous_bandwagoning", after="reassured_neutrality").item()
        5
        """
        return shares.transitions(self._ds, along)

    def flips(self, one: xr.Dataset | Mapping[str, Any], other: Mapping[str, Any] | None = None) -> xr.Dataset:
        """What changes between two slices of this cube, each given by its labels, or between this cube and another.

        Gives a Dataset with `cells` and their `fraction` over the dimensions "before" and "after" (0 where nothing
        changes), and the mask `changed`. Both need the same labels along the dimensions that are left.

        >>> changes = cube.posse.flips({"resolve": 0.3}, {"resolve": 0.7})
        >>> changes.changed.mean().item()
        0.71...
        """
        if isinstance(one, xr.Dataset):
            if other is not None:
                raise InputError("flips: give two slices by their labels, or one other cube")
            return shares.flips(self._ds, one)
        if other is None or set(one) != set(other):
            raise InputError("flips: give the labels of the same dimensions twice, or another cube")
        parts = [exactly(self._ds, dict(labels)).drop_vars(list(one)) for labels in (one, other)]
        return shares.flips(*parts)

    def predict(
        self, over: Names | None = None, weights: Mapping[str, Any] | None = None, by: str | None = None
    ) -> xr.Dataset:
        """The share of the unknowns under which each alignment holds, or each regime, with Monte Carlo errors.

        over: dimensions of what is unknown; all design axes if left out. Those that are left stay dimensions.
        weights: beliefs over other dimensions among them, as in `share`; points of a design weigh the same.
        by: a group of the regimes, "regime" itself, or another variable of codes; the game's first group if left out
            (alignment), or the regimes where it has none.

        Gives a Dataset over what is left and the words with `share`; `error`, its standard error from the replicates
        of the designs (NaN for a design of one replicate, and where no design is averaged over); and `computed`, the
        share of the unknowns that is, 1 in a whole cube. Points outside the domain have a word of their own.

        >>> crises.posse.predict().to_dataframe().loc["Suez 1956"].round(3)
                        share  error  computed
        alignment
        neutral         0.100  0.004       1.0
        support         0.006  0.001       1.0
        oppose          0.895  0.004       1.0
        outside_domain  0.000  0.000       1.0
        """
        return predictions.predict(self._ds, over, weights, by)

    def score(
        self,
        observed: Observed = "observed",
        over: Names | None = None,
        weights: Mapping[str, Any] | None = None,
        by: str | None = None,
    ) -> xr.Dataset:
        """How well `predict` does against what happened: Brier and logarithmic scores, next to base rates.

        over, weights, by: as in `predict`.
        observed: the name of a coordinate of words along the axis of cases, or a mapping or Series from labels to
            words. Empty words are left out.

        With p_k the share of word k among the points inside the domain, and h what happened, the Brier score is
        Σ_k (p_k − [k = h])², from 0 to 2, and the logarithmic score −ln p_h, infinite where p_h is 0. Less is better.

        Gives a Dataset with `probability` (p_h), `brier` and `log` of each case, `mean_brier` and `mean_log` of all,
        and for each its Monte Carlo error, `brier_error` and so on (NaN where the score is infinite), over the
        dimension "forecast": the model; all words alike (uniform); how often each was observed among all cases
        (frequencies), or among the others (leave_one_out). `inside` is the share of the unknowns that is inside the
        domain and computed: p_h refers to it. Attributes tell how many `cases` were scored, and how many `left_out`.

        >>> crises.posse.score()[["mean_brier", "mean_log"]].to_dataframe().round(2)
                       mean_brier  mean_log
        forecast
        model                0.49      0.65
        uniform              0.67      1.10
        frequencies          0.50      0.69
        leave_one_out        2.00       inf
        """
        return scores.score(self._ds, observed, over, weights, by)

    def sensitivity(self, of: str | None = None, **labels: Any) -> xr.Dataset:
        """Which unknown decides: Sobol indices of whether each word holds, or of a number.

        of: a group of the regimes, another variable of codes, or an output of numbers; the group as in `predict` if
            left out.
        labels: at which labels of other dimensions, such as player="observer"; those that are left stay dimensions.

        Needs a design axis of kind saltelli, and SALib. Gives a Dataset over the dimension "unknown", and that of the
        words, with `first_order`, the share of the variance that an unknown decides on its own, `total`, the share
        that is left where all others are known, and standard errors of both from the replicates. All are NaN where
        nothing varies (a word that always holds, or never) and where a number is not defined, or a cell not computed.

        >>> crises.posse.sensitivity().total.sel(case="Suez 1956", alignment="oppose").to_series().round(2)
        unknown
        resolve        0.43
        cost_oppose    0.95
        Name: total, dtype: float64
        """
        return sensitivity.sensitivity(self._ds, of, labels)

    def conditions(
        self, observed: Observed = "observed", at_least: float = 0.95, by: str | None = None
    ) -> pd.DataFrame:
        """What would have to be true: as few unknowns as will do, and intervals in which the model says what happened.

        observed, by: as in `score`.
        at_least: in which share of the draws inside the intervals; who asks for less gets no worse verdict.

        Intervals are found by patient rule induction in half of the replicates and measured in the other half. Gives a
        table with a row for each restriction of each case: `unknown` from `low` to `high` (infinite: no limit).
        `density` is the share of the draws inside all of its intervals in which the model says what happened, with its
        Monte Carlo error; `coverage` how much they have of all draws in which it does; `mass` how much of all draws;
        `share` in how many it does without any restriction. Draws outside the domain do not count. `verdict` is
        "restricted"; "unrestricted", where no restriction is needed; "not reached", where even the densest intervals
        found are not dense enough; "not confirmed", where they were in one half, but none is in the other; "too few
        draws", where fewer than 30 agree, or some intervals fall short by no more than two errors, or are dense enough
        by fewer than 30 draws that agree or with an error above 0.05; "never", where the model says so nowhere; or
        "outside the domain", where every draw is.

        >>> crises.posse.conditions()[["case", "unknown", "low", "high", "density", "coverage"]].round(2)
                  case      unknown   low  high  density  coverage
        0    Suez 1956  cost_oppose  -inf  0.33     0.96      0.97
        1  Kosovo 1999  cost_oppose  0.14   inf     0.97      0.87
        """
        return conditions.conditions(self._ds, observed, at_least, by)

    def commitment_problem(self) -> xr.DataArray:
        """Where the coalition draws an opponent only because it cannot promise to disband: bool.

        That is, where the observer opposes it and would not if the partner had to leave. Needs a cube of `restraint`
        with `committed_alignment`, or one opened with `virtual=True`.

        >>> resolute = posse.solve("restraint", diversity=[0, 0.5, 1], cap_observer=2, resolve=1)
        >>> resolute.posse.commitment_problem().values
        array([ True,  True, False])
        """
        if "committed_alignment" not in self._ds:
            raise InputError(
                "commitment_problem: the cube has no committed_alignment, an output of restraint; sweep with outputs "
                f"that name it, or open the cube with virtual=True; there is {', '.join(map(str, self._ds.data_vars))}"
            )
        return self.is_in(alignment="oppose") & ~self.is_in(committed_alignment="oppose")

    def monotone(
        self, output: str, along: str, direction: str | None = None, tolerance: float | None = None, **labels: Any
    ) -> statements.Statement:
        """That an output only rises, or only falls, from label to label along an axis: a statement that can be checked.

        direction: "rises" or "falls"; either one if left out.
        tolerance: how large a step counts as none, relative to the value or 1; if left out, a few units in the last
            place.
        labels: of the output's own dimension, such as player="observer".

        The statement is true or false (`bool`), and tells how many steps were looked at. Where it is false it has the
        largest step against it, `counterexamples`.

        >>> cube.posse.monotone("payoff", player="observer", along="cap_observer", direction="rises")
        payoff of observer rises along cap_observer: does not hold (1,218 steps, 1,125 up, 93 down)
          0.5546503 at cap_observer 0.385347, 0.4955413 at 0.440998 (diversity 0.8, resolve 0.7)
        """
        return statements.monotone(self._ds, output, along, labels, direction, tolerance)

    def table(self, *outputs: str) -> pd.DataFrame:
        """A tidy table: a row for each point, a column for each label, output and component; names for codes.

        outputs: which; all if left out. Raises TooLargeError where the table would not fit into memory.

        >>> cube.isel(resolve=0).posse.table("regime").columns.tolist()
        ['diversity', 'cap_observer', 'resolve', 'regime']
        """
        known = {str(name): name for name in self._ds.data_vars}
        part = self._ds[[pick("output", name, known) for name in outputs]] if outputs else self._ds
        return table(part)

    def write(self, path: str | Path) -> None:
        """Write the cube into a file for other programs, whole or not at all.

        path: ends in .nc (NetCDF: the cube as it is), or in .csv, .parquet or .dta (Stata): a row for each point, a
            column for each label, output and component, with names for codes. Stata keeps the codes, with the names as
            value labels.

        All but Stata's files may be larger than memory.

        >>> cube.isel(resolve=0).posse.write("part.dta")
        """
        export.write(self._ds, path)

    def nearest(self, **point: Any) -> Story:
        """The full story of the equilibrium at the cell nearest to a point: who does what, and why no one deviates.

        point: a number or label for each dimension that has more than one; within the range of the labels.

        Raises GameChangedError where the game here is not the one that the cube was made by.

        >>> print(cube.posse.nearest(diversity=0.2, cap_observer=2, resolve=0.7))
        splitting_balancing: opposition splits a coalition that would have remained
        ...
        """
        return story(*at(self._ds, point))

    @cached_property
    def plot(self) -> Pictures:
        """Pictures: `plot.map(x, y)`, `plot.share(along)`, `plot.payoff(x, y, player)`, `plot.tree(**point)`."""
        return Pictures(self._ds)


def _kept(variable: xr.DataArray, inside: xr.DataArray) -> xr.DataArray:
    """A variable where a mask is true; codes, flags and counts keep their type, with their mark for what is missing."""
    if not {"flag_meanings", "valid_max"} & set(variable.attrs):
        return variable.where(inside).transpose(*variable.dims, ...)
    missing = np.iinfo(variable.dtype).max
    kept = in_pieces(variable).where(inside, missing).transpose(*variable.dims, ...).astype(variable.dtype)
    return settled(kept, variable, inside)
