"""Where pipelines are judged: here, in other processes, or on a cluster of the user's, through joblib."""

import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.repair.sweeping import Answers, Executor, Judge, one_by_one


@attrs.frozen
class Where:
    """
    Where to judge.

    Attributes:
        jobs: How many at once; -1 for as many as there are.
        backend: What joblib knows: ``loky`` for processes here, ``dask`` or ``ray`` for a cluster.
        scheduler: The address of a Dask cluster.
    """

    jobs: int = 1
    backend: str = "loky"
    scheduler: str | None = None


class NoClusterError(Exception):
    """There is no such cluster, and why."""


def executor(where: Where) -> Executor:
    """
    Has pipelines judged there.

    Raises:
        NoClusterError: When it is to judge: there is no such cluster.
    """
    if where == Where():
        return one_by_one

    def execute(judge: Judge, pipelines: Sequence[Pipeline]) -> Sequence[Answers]:
        joblib: Any = importlib.import_module("joblib")
        with cluster(where), joblib.parallel_config(backend=where.backend, n_jobs=where.jobs):
            judged: list[Answers] = joblib.Parallel()(joblib.delayed(judge)(pipeline) for pipeline in pipelines)
            return judged

    return execute


def cluster(where: Where) -> AbstractContextManager[object]:
    """
    The connection to a cluster, or nothing where none is needed.

    Raises:
        NoClusterError: What is needed to speak with it is not installed, or it does not answer.
    """
    try:
        if where.backend == "dask":
            distributed: Any = importlib.import_module("dask.distributed")
            client: AbstractContextManager[object] = distributed.Client(where.scheduler)
            return client
        if where.backend == "ray":
            ray: Any = importlib.import_module("ray.util.joblib")
            ray.register_ray()
    except ImportError as problem:
        raise NoClusterError(f"{where.backend} is not installed here: {problem}") from None
    except (OSError, ValueError) as problem:
        raise NoClusterError(f"can not reach {where.scheduler}: {problem}") from None
    return nullcontext()
