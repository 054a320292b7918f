"""Regions on Dask: parts of the box are handed out to the workers of a cluster.

handed_out(client, progress)   a function to hand parts out by, for Regions.refine
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from posse.cluster.progress import bar
from posse.kernels.errors import ClusterError, PosseError, in_words

Part = TypeVar("Part")
Result = TypeVar("Result")


def handed_out(client: Any, progress: bool) -> Callable[[Callable[[Part], Result], Sequence[Part]], Iterator[Result]]:
    """Calls a function for each part on the workers of a client, and gives the results as they come.

    What a worker that dies had in its work goes to another one; Dask gives up on what kills several.
    """
    from distributed import KilledWorker, as_completed

    def hand_out(function: Callable[[Part], Result], parts: Sequence[Part]) -> Iterator[Result]:
        futures = [client.submit(function, part, pure=False) for part in parts]
        try:
            with bar(len(parts), 0, progress, "cutting") as advance:
                for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]  # Dask's
                    yield future.result()
                    future.release()
                    advance(1, "")
        except PosseError:
            raise
        except KilledWorker as error:
            died = error.allowed_failures + 1
            raise ClusterError(f"the process that cuts a part of the box dies ({died} times)") from error
        except Exception as error:
            raise ClusterError(f"{in_words(error)}; scheduler and workers need this version of posse") from error
        finally:
            if client.status == "running":
                client.cancel(futures, force=True)

    return hand_out
