"""A Ray dataset of utterances to one of results, for whoever has a pipeline of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartsay.batch import Settings, analyze_items
from heartsay.errors import InputError
from heartsay.formats import ReadFailure
from heartsay.formats.paired import is_number
from heartsay.limits import change
from heartsay.pipeline import DEFAULT_COVERAGE, EvidenceMode, load_model
from heartsay.pipeline.checks import check_options
from heartsay.ray.reading import How, conversation_of, of_no_conversation
from heartsay.ray.tables import columns_of, uniform

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset


def analyze(
    dataset: Dataset,
    *,
    model: str | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    false_discovery_rate: float | None = None,
    language_check: bool = True,
    workers: int = 1,
) -> Dataset:
    """Analyse the conversations of a dataset, whose rows are utterances; nothing runs until it is asked for.

    Rows of a conversation are brought together by Ray, wherever they lie, and put in order by their start or,
    where there is none, by utterances that are whole numbers.

    Args:
        dataset: columns conversation and text, and as far as there are any utterance, speaker, start and
            end, under the names that tables of `heartsay analyze` may have.
        model: its name, or its folder, which every machine must have.
        coverage: as for `heartsay.analyze`.
        evidence: as for `heartsay.analyze`.
        false_discovery_rate: as for `heartsay.analyze`.
        language_check: as for `heartsay.analyze`.
        workers: actors of one processor each; each holds the model.

    Returns:
        A row for each utterance, with the columns of the Parquet output and a last one, `error`: a
        conversation that could not be analysed has one row, with its id and why.

    Raises:
        InputError: a column is lacking, nothing orders the utterances, or an option is out of range.
    """
    check_options(coverage, evidence)
    columns = columns_of(list(dataset.columns() or ()), "the dataset")
    if "start" not in columns and "id" not in columns:
        raise InputError(
            expected="a column that orders the utterances of a conversation, start or utterance",
            found="neither",
            where="the dataset",
            do="add one: rows of a dataset have no order of their own",
        )
    settings = Settings(coverage, evidence, ("parquet",), false_discovery_rate, language_check=language_check)
    return dataset.groupby(columns["conversation"][0]).map_groups(
        _Analyzer,
        fn_constructor_args=(model, settings),
        batch_format="pyarrow",
        concurrency=workers,
        num_cpus=1,
    )


class _Analyzer:
    """One model, asked for one conversation after the other."""

    def __init__(self, model: str | None, settings: Settings) -> None:
        change(**settings.limits)
        self._model, self._settings = load_model(model), settings

    def __call__(self, rows: pa.Table) -> pa.Table:
        import pyarrow as pa

        from heartsay.formats.analyses.parquet_table import schema_of, to_table
        from heartsay.formats.analyses.rows import COLUMNS, CONTROL

        columns = columns_of(rows.column_names, "the dataset")
        given_name = rows.column(columns["conversation"][0])[0].as_py()
        name = "" if given_name is None else str(given_name)
        try:
            if given_name is None:
                raise of_no_conversation(rows, "the dataset")
            given = uniform(rows, columns, (), 0, f"the dataset, conversation {name!r}")
            found = conversation_of(name, _ordered(given), How())[0]
            result = next(iter(analyze_items([found], self._model, self._settings)))
            error = str(result.error) if isinstance(result, ReadFailure) else None
        except InputError as problem:
            error = str(problem)
        if error is None:
            assert isinstance(result, tuple)
            table = to_table([result[1]])
            return table.append_column("error", pa.nulls(table.num_rows, pa.string()))
        # Blocks of a dataset have one schema, whether their conversations could be read or not.
        rate = self._settings.false_discovery_rate
        stamp = {} if rate is None else dict(zip(CONTROL, (rate, ""), strict=True))
        schema = schema_of((*COLUMNS, *stamp))
        row: dict[str, Any] = {"conversation": name, "set": [], "causes": [], "abstain": True, "error": error}
        row |= {"utterance_id": "", "speaker": "", "explanation": "", **stamp}
        return pa.Table.from_pylist([row], schema.append(pa.field("error", pa.string())))


def _ordered(rows: pa.Table) -> pa.Table:
    import pyarrow as pa
    from pyarrow import compute

    if rows.column("start").null_count == 0:
        order = compute.sort_indices(rows, sort_keys=[("start", "ascending")])
    else:
        ids = rows.column("id").to_pylist()
        if not all(id_ is not None and is_number(id_.strip()) for id_ in ids):
            raise InputError(
                expected="a start for every utterance, or utterances that are whole numbers",
                found="neither",
                where=f"the dataset, conversation {rows.column('conversation')[0].as_py()!r}",
                do="fill one of the columns in: rows of a dataset have no order of their own",
            )
        order = pa.array(sorted(range(len(ids)), key=lambda place: int(ids[place])))
    rows = rows.take(order)
    place = rows.column_names.index("row")
    return rows.set_column(place, "row", pa.array(range(rows.num_rows), pa.int64()))
