"""One run of one engine on one file of records, for ``against_splink.py``: its cost by stage, and its accuracy.

Every engine gets the same records, makes the same candidate pairs, and compares the same evidence with the same thresholds.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

THREADS = "2"
STAGES = ("load", "train", "block", "score", "cluster")
"""``block``: make the candidate pairs; ``score``: compare them, weigh them and keep those above the floor."""
FLOOR_PROBABILITY = 0.001
"""Both engines drop pairs less probable than this, which nobody would ever look at."""
RULES = {
    "strict": (
        ("surname", "dob"),
        ("forename", "dob"),
        ("surname", "postcode"),
        ("forename", "surname"),
        ("sector", "dob"),
    ),
    "loose": (("dob",), ("surname", "postcode"), ("forename", "postcode")),
    "steady": (("forename", "surname", "dob"), ("surname", "postcode"), ("forename", "postcode"), ("dob", "postcode")),
}
"""Columns that must agree. ``steady``: rules whose pairs grow in proportion to the records, for the growth runs."""
TRAINING_RULES = (("surname", "dob"), ("forename", "postcode"))


@dataclass
class Measured:
    """What one run of one engine cost and found."""

    engine: str
    records: int = 0
    pairs: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds of processor time by stage, all threads together."""
    wall: dict[str, float] = field(default_factory=dict)
    peak_mb: int = 0
    """Peak resident memory of the process, up to the end of the last stage."""
    best_f1: float = 0.0
    """Best F1 of pairs over all thresholds."""
    f1_at_95: float = 0.0
    clusters_f1: float | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        cpu, wall = _cpu(), time.perf_counter()
        yield
        self.cpu[name] = self.cpu.get(name, 0.0) + _cpu() - cpu
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall

    @property
    def total_cpu(self) -> float:
        """Seconds of processor time, all stages."""
        return sum(self.cpu.values())

    @property
    def total_wall(self) -> float:
        """Seconds, all stages."""
        return sum(self.wall.values())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> int:
    """Peak memory of this program alone: ru_maxrss would include what its parent held when it started."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _grade(measured: Measured, data: Path, left: Any, right: Any, probability: Any) -> None:
    """Precision and recall of pairs against the truth."""
    import numpy as np
    import polars as pl

    person = pl.read_parquet(data, columns=["person"])["person"].to_numpy()
    possible = len(person) - len(np.unique(person))
    order = np.argsort(-probability, kind="stable")
    true = np.cumsum(person[left[order]] == person[right[order]])
    f1 = 2 * true / (np.arange(1, len(true) + 1) + possible)
    measured.best_f1 = float(f1.max(initial=0.0))
    sure = int((probability >= 0.95).sum())
    measured.f1_at_95 = float(f1[sure - 1]) if sure else 0.0


def _grade_clusters(measured: Measured, data: Path, labels: Any) -> None:
    import polars as pl

    from matching.quality.accuracy import pairwise

    measured.clusters_f1 = pairwise(pl.Series(labels), pl.read_parquet(data, columns=["person"])["person"]).f1


def run_ours(data: Path, rules: str) -> Measured:
    """This engine."""
    import polars as pl

    from matching import linkage
    from matching.blocking import BlockingRule
    from matching.clustering.assign import probability
    from matching.clustering.judge import Settings
    from matching.weights.train import train

    measured = Measured("rollcall")
    comparisons = _our_comparisons()
    blocking, training = (
        [BlockingRule(" and ".join(rule), tuple(_ours(column) for column in rule)) for rule in given]
        for given in (RULES[rules], TRAINING_RULES)
    )
    with measured.stage("load"):
        table = pl.scan_parquet(data)
        dataset = table.select((pl.col("dataset") == "roll").cast(pl.Int32)).collect()["dataset"].to_numpy()
        encoded = linkage.prepare(table, comparisons, [*blocking, *training])
    with measured.stage("train"):
        model = train(encoded, comparisons, training, between=dataset, learns=dataset)
    settings = Settings(link_probability=0.95, one_row_each=True, pairs=10**12)
    with measured.stage("cluster"), _stages_inside(measured):
        score = vars(linkage)["score_pairs"]  # the timed version
        found = linkage.link_encoded(encoded, dataset, rules=blocking, model=model, settings=settings, score=score)
    for kind in (measured.cpu, measured.wall):
        kind["score"] -= kind["pairs"]
        kind["block"] += kind.pop("pairs")
        kind["cluster"] -= kind["block"] + kind["score"]
    measured.peak_mb = _peak_mb()
    measured.records, measured.pairs = encoded.height, int(found.scored.pairs_compared.sum())
    _grade(measured, data, found.scored.left, found.scored.right, probability(found.odds))
    _grade_clusters(measured, data, found.labels)
    return measured


@contextmanager
def _stages_inside(measured: Measured) -> Iterator[None]:
    """Time our blocking and scoring, and within scoring the making of ``pairs``, while an engine links; the rest is
    clustering.
    """
    from matching import linkage
    from matching.scoring import score

    places: list[tuple[Any, str]] = [(linkage, "choose_rules"), (linkage, "score_pairs"), (score, "_pieces")]
    plain = [getattr(module, name) for module, name in places]

    def as_stage(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            with measured.stage(name):
                return function(*given, **named)

        return run

    def pieces(*given: Any) -> Iterator[Any]:
        """Pairs are made in one thread while others score, so this thread's processor time counts, not the process's."""
        made = plain[2](*given)
        while True:
            cpu, wall = time.thread_time(), time.perf_counter()
            piece = next(made, None)
            measured.cpu["pairs"] = measured.cpu.get("pairs", 0.0) + time.thread_time() - cpu
            measured.wall["pairs"] = measured.wall.get("pairs", 0.0) + time.perf_counter() - wall
            if piece is None:
                return
            yield piece

    timed = [as_stage("block", plain[0]), as_stage("score", plain[1]), pieces]
    for (module, name), function in zip(places, timed, strict=True):
        setattr(module, name, function)
    yield
    for (module, name), function in zip(places, plain, strict=True):
        setattr(module, name, function)


def _ours(column: str) -> str:
    """The column that this engine reads: the birth date as a date, not as text."""
    return "date_of_birth" if column == "dob" else column


def _our_comparisons() -> Any:
    from matching.comparisons import Comparison, Level, exact, missing, otherwise
    from matching.pair_tests.date_similarity import DigitsTransposed, OneDigitApart, SameYear, SameYearAndMonth
    from matching.pair_tests.similarity import Equal, Swapped, either
    from matching.pair_tests.word_similarity import JaroWinklerAtLeast

    def alike(column: str, *thresholds: float) -> tuple[Level, ...]:
        return tuple(Level(f"alike at {least}", JaroWinklerAtLeast(column, least)) for least in thresholds)

    born = "date_of_birth"
    slip = Level("one slip", either(OneDigitApart(born), DigitsTransposed(born)))
    swapped = Level("swapped", Swapped("forename", "surname"))
    forename = (missing("forename"), exact("forename"), swapped, *alike("forename", 0.92, 0.88), otherwise())
    return (
        Comparison("forename", forename),
        Comparison("surname", (missing("surname"), exact("surname"), *alike("surname", 0.92, 0.88), otherwise())),
        Comparison(
            "birth date",
            (
                missing(born),
                Level("exact", Equal(born)),
                slip,
                Level("same month", SameYearAndMonth(born)),
                Level("same year", SameYear(born)),
                otherwise(),
            ),
        ),
        Comparison(
            "postcode",
            (
                missing("postcode"),
                Level("exact", Equal("postcode")),
                Level("sector", Equal("sector")),
                Level("district", Equal("district")),
                otherwise(),
            ),
        ),
        Comparison("sex", (missing("sex"), Level("same", Equal("sex")), otherwise())),
    )


def run_splink(data: Path, rules: str) -> Measured:
    """Splink 5 on DuckDB, as in its guide: the same levels, u from 1e6 pairs, two sessions of EM."""
    import logging
    import warnings

    import duckdb
    from splink import DuckDBAPI, Linker, block_on

    warnings.simplefilter("ignore")
    logging.getLogger("splink").setLevel(logging.ERROR)
    measured = Measured("Splink")
    columns = "record_id as unique_id, forename, surname, dob, sex, postcode, sector, district"
    with measured.stage("load"):
        connection = duckdb.connect()
        connection.execute(f"set threads = {THREADS}")
        api = DuckDBAPI(connection)
        tables = []
        for name in ("roll", "agency"):
            connection.execute(
                f"create table {name} as select {columns} from read_parquet('{data}') where dataset = '{name}'"
            )
            tables.append(api.register(name, dataset_display_name=name))
        linker = Linker(tables, _splink_settings(rules))
    with measured.stage("train"):
        linker.training.estimate_probability_two_random_records_match(
            [block_on("forename", "surname", "dob")], recall=0.8
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        for rule in TRAINING_RULES:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), estimate_without_term_frequencies=True
            )
    with measured.stage("score"), _splinks_blocking(api, measured):
        predicted = linker.inference.predict(threshold_match_probability=FLOOR_PROBABILITY)
    for kind in (measured.cpu, measured.wall):
        kind["score"] -= kind["block"]
    with measured.stage("cluster"):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=0.95
        )
    measured.peak_mb = _peak_mb()
    measured.records, measured.pairs = _count_pairs(connection, rules)
    frame = connection.sql(
        f"select unique_id_l, unique_id_r, match_probability from {predicted.physical_name}"
    ).fetchnumpy()
    _grade(measured, data, frame["unique_id_l"], frame["unique_id_r"], frame["match_probability"])
    labels = connection.sql(f"select cluster_id from {clusters.physical_name} order by unique_id").fetchnumpy()
    _grade_clusters(measured, data, labels["cluster_id"].tolist())
    return measured


@contextmanager
def _splinks_blocking(api: Any, measured: Measured) -> Iterator[None]:
    """Count the making of Splink's candidate pairs as blocking."""
    run = api._log_and_run_sql_execution

    def timed(sql: str, templated_name: str, physical_name: str) -> Any:
        if "blocked_id_pairs" not in templated_name:
            return run(sql, templated_name, physical_name)
        with measured.stage("block"):
            return run(sql, templated_name, physical_name)

    api._log_and_run_sql_execution = timed
    yield
    del api._log_and_run_sql_execution


def _count_pairs(connection: Any, rules: str) -> tuple[int, int]:
    """Number of records, and of candidate pairs counted in SQL: each pair once, by the first rule that makes it."""
    pairs = 0
    for number, rule in enumerate(RULES[rules]):
        joined = " and ".join(f"a.{column} = b.{column}" for column in rule)
        earlier = [" and ".join(f"a.{column} = b.{column}" for column in columns) for columns in RULES[rules][:number]]
        new = "".join(f" and not coalesce({condition}, false)" for condition in earlier)
        found = connection.execute(f"select count(*) from roll as a join agency as b on {joined}{new}").fetchall()
        pairs += int(found[0][0])
    records = connection.execute("select (select count(*) from roll) + (select count(*) from agency)").fetchall()
    return int(records[0][0]), pairs


def _splink_settings(rules: str) -> Any:
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    def comparison(name: str, *levels: Any) -> Any:
        return cl.CustomComparison(
            output_column_name=name, comparison_levels=[cll.NullLevel(name), *levels, cll.ElseLevel()]
        )

    def exact(name: str, by_frequency: bool = False) -> Any:
        return cll.ExactMatchLevel(name, term_frequency_adjustments=by_frequency)

    def alike(name: str) -> tuple[Any, ...]:
        return cll.JaroWinklerLevel(name, 0.92), cll.JaroWinklerLevel(name, 0.88)

    swapped = cll.ColumnsReversedLevel("forename", "surname", symmetrical=True)
    same = [
        cll.CustomLevel(f"substr(dob_l, 1, {many}) = substr(dob_r, 1, {many})", label)
        for many, label in ((7, "month"), (4, "year"))
    ]
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            comparison("forename", exact("forename", by_frequency=True), swapped, *alike("forename")),
            comparison("surname", exact("surname", by_frequency=True), *alike("surname")),
            comparison("dob", exact("dob"), cll.DamerauLevenshteinLevel("dob", 1), *same),
            comparison("postcode", exact("postcode"), exact("sector"), exact("district")),
            comparison("sex", exact("sex")),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES[rules]],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def run_recordlinkage(data: Path, rules: str) -> Measured:
    """recordlinkage: the same pairs, its comparisons as yes or no, its ECM classifier; it does not cluster."""
    import warnings

    import numpy as np
    import pandas as pd
    import polars as pl
    import recordlinkage

    warnings.simplefilter("ignore")
    measured = Measured("recordlinkage")
    names = ["record_id", "dataset", "forename", "surname", "dob", "sex", "postcode", "sector", "district"]
    with measured.stage("load"):
        table = pl.read_parquet(data, columns=names).to_pandas().set_index("record_id")
        roll, agency = (table[table["dataset"] == name] for name in ("roll", "agency"))
    with measured.stage("block"):
        pairs: Any = None
        for rule in RULES[rules]:
            filled = [side.dropna(subset=list(rule)) for side in (roll, agency)]
            found = recordlinkage.index.Block(list(rule)).index(*filled)
            pairs = found if pairs is None else pairs.union(found)
    with measured.stage("score"):
        compare = recordlinkage.Compare()
        for name in ("forename", "surname"):
            compare.string(name, name, method="jarowinkler", threshold=0.92, label=name)
        for name in ("dob", "postcode", "sex"):
            compare.exact(name, name, label=name)
        features: pd.DataFrame = compare.compute(pairs, roll, agency)
    with measured.stage("train"):
        classifier = recordlinkage.ECMClassifier()
        classifier.fit(features)
        probability = classifier.prob(features)
    measured.peak_mb, measured.records, measured.pairs = _peak_mb(), len(table), len(features)
    left, right = (features.index.get_level_values(side).to_numpy() for side in (0, 1))
    _grade(measured, data, left, right, np.asarray(probability))
    return measured


ENGINES: dict[str, Callable[[Path, str], Measured]] = {
    "rollcall": run_ours,
    "splink": run_splink,
    "recordlinkage": run_recordlinkage,
}
