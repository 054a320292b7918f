"""The game of strategic restraint in JAX, compiled by XLA for the processor: posse's one definition, on JAX arrays.

Its tracers need no more than to be told to `where`, which is the only word of a game that looks at a condition.
"""

import os
from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.kernels.restraint import RESTRAINT
from posse.kernels.vocabulary import where

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"  # XLA reads its flags once, when JAX is first used


def unavailable() -> str | None:
    """Why this peer cannot take part, or None."""
    return None if find_spec("jax") else "not installed"


@cache
def _jax() -> Any:
    """JAX, set up for float64 on one thread, with its arrays known to the vocabulary."""
    if ONE_THREAD not in (flags := os.environ.get("XLA_FLAGS", "")):
        os.environ["XLA_FLAGS"] = f"{flags} {ONE_THREAD}".strip()
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    jax.config.update("jax_enable_x64", True)
    for kind in (jax.Array, jax.core.Tracer):
        where.register(kind, jax.numpy.where)
    return jax


def _solve(real: str, general: bool, *parameters: Any) -> tuple[Any, ...]:
    """Regime and four payoffs; stacking the latter takes XLA more than twice as long."""
    named = dict(zip(RESTRAINT.parameter_names, parameters, strict=True))
    if not general:
        named["decisiveness"] = 1.0
    solution = RESTRAINT.solve(**named)
    return solution.regime.astype("uint8"), *(payoff.astype(real) for payoff in solution.payoff)


def prepare(
    parameters: list[npt.NDArray[np.float64]], real: str, general: bool
) -> Callable[[], tuple[npt.NDArray[np.uint8], list[npt.NDArray[Any]]]]:
    """A task that solves these points, which JAX already holds; see c.solve for the arguments."""
    jax = _jax()
    compiled = jax.jit(partial(_solve, real, general))
    held = [jax.device_put(values) for values in parameters]

    def task() -> tuple[npt.NDArray[np.uint8], list[npt.NDArray[Any]]]:
        regime, *payoffs = (np.asarray(result) for result in jax.block_until_ready(compiled(*held)))
        return regime, payoffs

    return task
