"""Scoring on a Dask cluster of two workers: the same pairs, also when one of them is killed at its work."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster

from matching.blocking import CHILD_BLOCKING_RULES, plan
from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import prepare
from matching.scoring.buckets import Buckets
from matching.scoring.score import Scorer, score_pairs
from matching.weights.model import read_model
from pipelines.failure import CANNOT_GO_ON, NightFailed
from pipelines.linking.link import APPROVED_MODEL
from tests.conftest import FirstNight
from tests.made.alike import children_alike

FLOOR_BITS = 0.0


pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets of the worker that is killed


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers; one that is killed is started again by its nanny."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as made:
        yield made


def _kill_one(cluster: LocalCluster, folder: Path, killed: list[int]) -> None:
    """Kill a worker once a bucket is scored and others are not."""
    while not list(folder.glob("*.scored.parquet")):
        time.sleep(0.02)
    killed.append(cluster.workers[0].pid)
    os.kill(killed[0], signal.SIGKILL)


@pytest.mark.usefixtures("prefect_database")
def test_a_lost_worker_costs_its_own_buckets_only(cluster: LocalCluster, tmp_path: Path) -> None:
    from flows.dask_buckets import on_dask

    table = with_keys(children_alike(150).sort("record_id"))
    encoded = prepare(table, CHILD_COMPARISONS, CHILD_BLOCKING_RULES)
    scorer = Scorer.of(read_model(APPROVED_MODEL, CHILD_COMPARISONS), encoded)
    pairs, killed = plan(CHILD_BLOCKING_RULES, encoded), []  # type: ignore[var-annotated]
    watch = threading.Thread(target=_kill_one, args=(cluster, tmp_path, killed), daemon=True)
    watch.start()
    found = Buckets(tmp_path, on_dask(cluster.scheduler_address), pairs=1_500).scored(table, scorer, pairs, FLOOR_BITS)
    wanted = score_pairs(scorer, pairs, FLOOR_BITS)
    assert killed
    assert len(list(tmp_path.glob("rule-*.scored.parquet"))) > 20
    for name in ("left", "right", "pattern", "weight", "rule", "pairs_compared"):
        assert getattr(found, name).tolist() == getattr(wanted, name).tolist(), name


@pytest.mark.usefixtures("prefect_database")
def test_a_night_scored_on_a_cluster_publishes_what_it_would_by_itself(
    cluster: LocalCluster, quick_night: FirstNight, tmp_path: Path
) -> None:
    from flows.nightly import nightly

    given = quick_night.settings
    report = nightly(given.extracts, tmp_path / "workspace", given.as_at, dask=cluster.scheduler_address)
    for name in ("candidates.csv", "explained.parquet"):
        assert (report.published / name).read_bytes() == (quick_night.published / name).read_bytes()
    assert report.counts == quick_night.report.counts
    assert not (tmp_path / "workspace" / "buckets").exists()


@pytest.mark.usefixtures("prefect_database")
def test_a_cluster_that_is_not_there_is_told_with_the_remedy(quick_night: FirstNight, tmp_path: Path) -> None:
    from flows.nightly import nightly

    given, workspace = quick_night.settings, tmp_path / "workspace"
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(NightFailed, match=r"The Dask cluster at tcp://127\.0\.0\.1:9 could not score") as failed,
    ):
        nightly(given.extracts, workspace, given.as_at, dask="tcp://127.0.0.1:9")
    assert failed.value.exit_code == CANNOT_GO_ON
    assert not (workspace / "buckets").exists()
