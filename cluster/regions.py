"""Regions on Dask: parts of the box are handed out to the workers of a cluster.

handed_out(client, progress, seconds)   a function to hand parts out by, for Regions.refine
"""

from collections.abc import Callable, Iterator, Sequence
from math import inf
from time import monotonic
from typing import Any

from posse.cluster.progress import bar
from posse.kernels.errors import ClusterError, PosseError, in_words
from posse.kernels.subdivision import HandOut, Leaves

LATE = 10.0  # seconds, for what was cut in time to come back


def handed_out(client: Any, progress: bool, seconds: float = inf) -> HandOut:
    """Calls a function for each part on the workers of a client, and gives the results as they come.

    What a worker that dies had in its work goes to another one; Dask gives up on what kills several. seconds: from now,
    after which parts that no worker has given back are given as they are.
    """
    from distributed import KilledWorker, as_completed

    until = monotonic() + seconds + LATE

    def hand_out(function: Callable[[Leaves], Leaves], parts: Sequence[Leaves]) -> Iterator[Leaves]:
        left = {client.submit(function, part, pure=False): part for part in parts}
        timeout = None if seconds == inf else until - monotonic()
        try:
            with bar(len(parts), 0, progress, "cutting") as advance:
                for future in as_completed(list(left), loop=client.loop, timeout=timeout):
                    done = future.result(timeout)
                    del left[future]
                    future.release()
                    yield done
                    advance(1, "")
        except PosseError:
            raise
        except KilledWorker as error:
            died = error.allowed_failures + 1
            raise ClusterError(f"the process that cuts a part of the box dies ({died} times)") from error
        except Exception as error:
            if not isinstance(error, TimeoutError) or monotonic() < until:
                raise ClusterError(f"{in_words(error)}; scheduler and workers need this version of posse") from error
            yield from left.values()
        finally:
            if client.status == "running":
                client.cancel(list(left), force=True)

    return hand_out
