"""The job on series of one's own: read in any form, foretold, scored beside controls, gone on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from supervised.core.job import InputError, Result
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import DataError
from supervised.own import periods, series_files, series_parts
from supervised.own.configs import SeriesConfig
from tests.supervised.recorder import Recorder, Stopped, beside

MONTHS = pd.date_range("1949-01-01", periods=48, freq="MS")
HOURS = pd.date_range("2024-02-29 13:00", periods=48, freq="h")
QUICK: dict[str, Any] = {
    "units": 6,
    "optimizer": OptimizerConfig(learning_rate=5e-2),
    "fit": FitConfig(epochs=12, batch_size=16, keep="best"),
}


def _written(times: pd.DatetimeIndex, form: str, between: str = ",", decimal: str = ".") -> str:
    rows = (
        f"{time.strftime(form)}{between}{f'{100 + n}.5'.replace('.', decimal)}"
        for n, time in enumerate(times)
    )
    return "\n".join([f"when{between}value", *rows]) + "\n"


def _read(path: Path, text: str, *, value: str = "value", time: str = "", series: str = ""):
    path.write_text(text, "utf-8")
    lines: list[str] = []
    found = series_files.read(
        path, "auto", lambda file: series_files.columns_of(file, value, time, series), lines.append
    )
    return found, lines


@pytest.mark.parametrize(
    ("text", "words", "season", "after"),
    [
        (_written(MONTHS, "%b-%y"), "months", 12, "Jan-53"),
        (_written(MONTHS, "%Y-%m", ";", ","), "months", 12, "1953-01"),
        (_written(MONTHS, "%d/%m/%Y", "\t"), "months", 12, "01/01/1953"),
        (_written(MONTHS, "%m/%d/%Y"), "months", 12, "01/01/1953"),
        (_written(MONTHS, "%B %Y"), "months", 12, "January 1953"),
        (_written(MONTHS, "%Y%m%d"), "months", 12, "19530101"),
        (_written(MONTHS - pd.Timedelta(days=1), "%d.%m.%Y"), "months", 12, "31.12.1952"),
        (_written(HOURS, "%Y-%m-%d %H:%M"), "hours", 24, "2024-03-02 13:00"),
        (_written(HOURS, "%Y-%m-%dT%H:%M:%S"), "hours", 24, "2024-03-02T13:00:00"),
        (
            _written(pd.date_range("2024-01-01", periods=48, freq="15min"), "%d.%m.%Y %H:%M"),
            *("steps of 15 minutes", 96, "01.01.2024 12:00"),
        ),
        (
            _written(pd.date_range("2024-02-29", periods=48, freq="D"), "%d.%m.%Y"),
            *("days", 7, "17.04.2024"),
        ),
        (
            _written(pd.date_range("2024-02-29", periods=48, freq="B"), "%Y-%m-%d"),
            *("business days", 5, "2024-05-07"),
        ),
        (
            _written(pd.date_range("2024-02-29", periods=48, freq="W"), "%Y-%m-%d"),
            *("weeks", 52, "2025-02-02"),
        ),
        (
            _written(pd.date_range("1990-01-01", periods=48, freq="QS"), "%Y-%m-%d"),
            *("quarters", 4, "2002-01-01"),
        ),
        ("q,value\n" + "\n".join(f"{1990 + n // 4}-Q{n % 4 + 1},{100 + n}.5" for n in range(48)),
         "quarters", 4, "2002Q1"),
        ("week,value\n" + "\n".join(f"2020-W{n + 1:02d},{100 + n}.5" for n in range(48)),
         "weeks", 52, "2020-W49"),
        ("unix,value\n" + "\n".join(f"{1709211600 + 3600 * n},{100 + n}.5" for n in range(48)),
         "hours", 24, "2024-03-02 13:00:00"),
        ("unix,value\n" + "\n".join(f"{1709211600000 + 60000 * n},{100 + n}.5" for n in range(48)),
         "minutes", 60, "2024-02-29 13:48:00"),
        (_written(HOURS, "%m/%d/%Y %I:%M %p"), "hours", 24, "03/02/2024 01:00 PM"),
        (_written(MONTHS, "%B %d, %Y", "\t"), "months", 12, "January 01, 1953"),
        ("year,value\n" + "\n".join(f"{1900 + n},{100 + n}.5" for n in range(48)),
         "steps of 1", 1, "1948"),
        ("value\n" + "\n".join(f"{100 + n}.5" for n in range(48)), "rows as steps", 1, "49"),
    ],
    ids=lambda given: None,
)  # fmt: skip
def test_any_regular_times_are_read_and_gone_on_with(tmp_path, text, words, season, after):
    found, _ = _read(tmp_path / "own.csv", text)
    (series,) = found.series
    assert series.values.tolist() == [100.5 + n for n in range(48)]
    assert (found.period.words, found.period.season) == (words, season)
    assert found.period.labels(np.array([48])) == [after]


def test_years_with_decimals_are_months_and_numbers_have_steps():
    months = pd.Series([f"{1949 + n / 12:.3f}" for n in range(300)])
    period, places = periods.told(months, "--time t")
    assert places.tolist() == list(range(300))
    assert (period.season, period.labels(np.array([13]))) == (12, ["1950.083"])
    period, places = periods.told(pd.Series(["10", "20", "40", "30"]), "--time t")
    assert (period.season, places.tolist()) == (1, [0, 1, 3, 2])


def test_what_is_odd_is_counted(tmp_path):
    lines = _written(MONTHS, "%Y-%m", ";", ",").splitlines()
    lines[9] = lines[9].partition(";")[0] + ";"  # its value is missing
    odd = [*lines[:20], *lines[21:], lines[30], "", "Totals; in thousands; Jan 49 ? Dec 52; x"]
    found, said = _read(tmp_path / "own.csv", "\n".join(odd))
    (series,) = found.series
    assert series.values.tolist() == [100.5 + n for n in range(48)]
    assert np.flatnonzero(~series.known).tolist() == [8, 19]
    assert said[1:] == [
        "own.csv: 1 lines at the end have no value: left out",
        "own.csv: 1 rows come twice: taken once",
        "own.csv: 2 missing values are interpolated, and never scored",
        "when: months, 48 steps from 1949-01 to 1952-12",
    ]


def test_times_of_two_forms_are_no_reason_to_take_the_order_of_the_file(tmp_path):
    path = tmp_path / "own.csv"
    days = [f"{t:%Y-%m-%d}" if t.month % 2 else f"{t:%d.%m.%Y}" for t in MONTHS]
    text = "\n".join(["when,value", *(f"{day},{n}" for n, day in enumerate(days))])
    two = "has dates of two forms, such as '1949-01-01' and '01.02.1949': write them as 2024-02-29 "
    two += "13:00, or --time rows takes the rows as the steps"
    for flags, of in (({}, "column 'when'"), ({"time": "when"}, "--time when:")):
        with pytest.raises(DataError) as error:
            _read(path, text, **flags)
        assert str(error.value) == f"{path}: {of} {two}"
    found, _ = _read(path, text, time="rows")
    assert found.series[0].values.tolist() == list(range(48))


def test_times_that_cannot_be_read_are_no_reason_to_take_the_order_of_the_file(tmp_path):
    path = tmp_path / "own.csv"
    rows = [f"1 Mär {1948 - n},{n}" for n in range(48)]
    for flags in ({}, {"time": "when"}):
        with pytest.raises(DataError, match=r"what looks like times .* such as '1 Mär 1948': "):
            _read(path, "\n".join(["when,value", *rows]), **flags)
    named = [f"part {n % 7},{n}" for n in range(48)]
    found, said = _read(path, "\n".join(["when,value", *named]))
    assert len(found.series[0]) == 48
    assert said[-1] == "no column of times: the rows, 48 steps from 1 to 48"


def test_times_with_an_offset_are_told_in_utc(tmp_path):
    days = _written(HOURS, "%Y-%m-%dT%H:%M:%S+01:00")
    found, said = _read(tmp_path / "own.csv", days)
    assert found.period.labels(np.array([0])) == ["2024-02-29T12:00:00+0000"]
    assert said[-1].endswith("to 2024-03-02T11:00:00+0000, in UTC")


def test_several_series_of_one_table(tmp_path):
    rows = [f"{t:%Y-%m},{name},{n}" for n, t in enumerate(MONTHS) for name in "äb"[: 1 + (n > 5)]]
    found, said = _read(
        tmp_path / "own.csv", "\n".join(["month,shop,value", *rows, "1953-01,,7"]), series="shop"
    )
    assert [(each.name, each.start, len(each)) for each in found.series] == [
        ("b", 6, 42),
        ("ä", 0, 48),
    ]
    assert "own.csv: 1 rows have no shop: left out" in said
    assert "month: months, 90 steps of 2 series from 1949-01 to 1952-12" in said
    assert len(np.unique(np.concatenate(found.hashes()))) == 90


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (lambda rows: [*rows[:20], "1949-02-17,5"], "no dates of one form|not regular"),
        (lambda rows: [r.replace("-01,", "-17,") if n % 3 else r for n, r in enumerate(rows)],
         "not regular: most come in .* '1949-0.-01' is none of them: .* --time rows"),
        (lambda rows: [r for n, r in enumerate(rows) if n % 4 or n == 0],
         r"11 of 47 months are missing, first 1949-04.* pandas' resample"),
        (lambda rows: [*rows, *rows[1:20]], ""),
        (lambda rows: [*rows, *(f"{r}9" for r in rows[1:20])],
         r"19 times come twice with different values, such as 1949-01.* --series"),
        (lambda rows: [rows[0], *(f"{r}x" for r in rows[1:])],
         "--value value: .* are no numbers, such as '100.5x'"),
        (lambda rows: rows[:1], "no rows below its names"),
        (lambda rows: [rows[0], *(r.split(",")[0] + "," for r in rows[1:])], "has no numbers"),
        (lambda rows: [rows[0], *(f"day {n},{n}" for n in range(40))],
         "--time when: has no dates of one form and no numbers, but such as 'day 0'"),
    ],
    ids=[
        *("stray", "other days", "gaps", "same rows", "two series", "words", "empty"),
        *("no values", "no times"),
    ],
)  # fmt: skip
def test_what_is_not_regular_is_named_with_the_way_out(tmp_path, lines, says):
    rows = lines(_written(MONTHS, "%Y-%m-%d").splitlines())
    if not says:
        assert len(_read(tmp_path / "own.csv", "\n".join(rows), time="when")[0].series[0]) == 48
        return
    with pytest.raises(DataError, match=says):
        _read(tmp_path / "own.csv", "\n".join(rows), time="when")


def _seasonal(count: int = 150, seed: int = 1, since: str = "2010-01-01") -> str:
    steps = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 0.3, count)
    values = 20 + 6 * np.sin(2 * np.pi * steps / 6) + noise
    times = pd.date_range(since, periods=count, freq="MS").strftime("%Y-%m")
    rows = [f"{time};{value:.4f}" for time, value in zip(times, values, strict=True)]
    return "\n".join(["month;sales", *rows]).replace(".", ",")


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("own") / "sales.csv"
    path.write_text(_seasonal())
    return path


def _config(path: Path, **settings: Any) -> SeriesConfig:
    return SeriesConfig(csv=path, value="sales", **{"season": 6, **QUICK, **settings})


def _run(config: SeriesConfig, context: Recorder) -> Result:
    from supervised.own import series  # TensorFlow

    return series.run(config, context)


@pytest.fixture(scope="module")
def trained(own) -> tuple[Recorder, Result, SeriesConfig]:
    context, config = Recorder(), _config(own)
    return context, _run(config, context), config


def test_a_season_is_learned_and_scored_beside_controls(trained):
    context, result, _ = trained
    assert result.metric == "rmse"
    assert result.baseline == result.metrics["persistence_rmse"] > 2 * result.metrics["rmse"]
    assert result.metrics["mase"] < 3
    # 25 forecasts of six steps fill four stretches: their error is not told
    assert beside(result, "rmse") == ({"seasonal", "ridge"}, False)
    assert result.test_rows == 150 - 120 - 6 + 1  # every step that has six after it
    assert 0.6 < result.metrics["inside_80%"] <= result.metrics["inside_95%"]
    assert context.tables["horizons"]["ahead"].tolist() == [1, 2, 3, 4, 5, 6]
    assert context.tables["figures"]["model"].tolist() == [
        *("the network", "ridge on the same window", "the last step again"),
        "the last season again",
    ]
    ahead = context.tables["forecast"]
    assert ahead["time"].tolist() == [f"2022-{month:02d}" for month in range(7, 13)]
    for inner, outer in (("low_80", "low_95"), ("value", "low_80")):
        assert (ahead[inner] > ahead[outer]).all()
    assert {"forecast", "horizons", "residuals", "training"} == set(context.figures)
    assert "month: months, 150 steps from 2010-01 to 2022-06" in context.lines
    said = "season 6, window 12, horizon 6; 90 steps for training, 30 for validation, 30 for the"
    assert any(line.startswith(said) for line in context.lines)


def test_evaluation_repeats_the_run_and_leaves_out_what_was_trained_on(trained, own, tmp_path):
    from supervised.own import series  # TensorFlow

    context, result, config = trained
    model = context.models["model"]
    again = series.evaluate(config, context, model)
    assert again["forecasts"] == result.test_rows
    for name in ("rmse", "mase", "inside_80%"):
        assert again[name] == result.metrics[name]
    longer = tmp_path / "longer.csv"
    context.lines.clear()
    longer.write_text(own.read_text() + "\n" + "\n".join(_seasonal(160).splitlines()[-10:]))
    new = series.evaluate(replace(config, csv=longer), context, model)
    assert new["forecasts"] == 25 + 10
    assert "other data: 120 of 160 rows were trained on: left out" in context.lines
    # values that were revised are of steps that were trained on; steps before the first are new
    context.lines.clear()
    revised = _seasonal(160, seed=2).replace(",", ".").splitlines()
    longer.write_text("\n".join([revised[0], *(line[:-3] for line in revised[1:])]))
    assert series.evaluate(replace(config, csv=longer), context, model)["forecasts"] == 25 + 10
    assert "other data: 120 of 160 rows were trained on: left out" in context.lines
    longer.write_text(_seasonal(160, since="2009-01-01"))
    assert series.evaluate(replace(config, csv=longer), context, model)["forecasts"] == 23
    assert "other data: 120 of 160 rows were trained on: left out" in context.lines
    longer.write_text("\n".join(own.read_text().splitlines()[:100]))
    with pytest.raises(DataError, match="all 99 rows were trained on"):
        series.evaluate(replace(config, csv=longer), context, model)


def test_of_which_steps_a_model_was_trained_on(tmp_path):
    # 60 steps, of which the last 12 are the test
    days = pd.date_range("2024-01-01", periods=70, freq="D").strftime("%Y-%m-%d")
    table = pd.DataFrame({"day": days, "shop": "a", "sales": np.arange(70.0)})
    config = _config(tmp_path / "own.csv", series="shop", time="day")
    table[:60].to_csv(config.csv, index=False)
    divided, context = series_parts.read(config), Recorder()
    series_parts.keep(divided, "level", {"a": (0.0, 1.0)}, np.ones((2, 6)), context)
    known = series_parts.kept(context)

    def scored(other: pd.DataFrame, **settings: str) -> list[list[bool]]:
        found, _ = _read(tmp_path / "b.csv", other.to_csv(index=False), value="sales", **settings)
        return [each.tolist() for each in series_parts.to_score(found, known, context)]

    new = [False] * 48 + [True] * 22
    assert scored(table.assign(sales=-1 - table["sales"]), series="shop") == [new]
    # another series was not trained on
    both = pd.concat([table, table.assign(shop="b")])
    assert scored(both, series="shop") == [new, [True] * 70]
    assert context.lines[-1] == "other data: 48 of 140 rows were trained on: left out"
    # rows without times may be others: they are the same where their values are
    plain = replace(config, time="rows")
    series_parts.keep(
        series_parts.read(plain), "level", {"a": (0.0, 1.0)}, np.ones((1, 2)), context
    )
    known = series_parts.kept(context)
    assert scored(table, series="shop", time="rows") == [new]
    other = table.assign(sales=np.where(np.arange(70) < 5, -1, table["sales"]))
    assert scored(other, series="shop", time="rows") == [[True] * 5 + new[5:]]
    assert "row number and value are the same" in context.lines[-2]


def test_a_series_that_ended_before_the_test_sets_no_sizes(tmp_path):
    months = pd.date_range("2005-01-01", periods=168, freq="MS").strftime("%Y-%m")
    old = pd.DataFrame({"month": months[:120], "shop": "old", "sales": np.arange(120.0)})
    new = pd.DataFrame({"month": months[48:], "shop": "new", "sales": np.arange(120.0)})
    path = tmp_path / "own.csv"
    pd.concat([old, new]).to_csv(path, index=False)
    lines: list[str] = []
    config = _config(path, series="shop", season=12)
    divided = series_parts.read(config, lines.append)
    assert (divided.shape.horizon, divided.left_out) == (12, ["old"])
    assert "horizon 12; 48 steps for training, 24 for validation, 48 for the test" in lines[2]
    assert lines[3].endswith("a horizon in the test: old")
    assert series_parts.read(replace(config, horizon=24)).shape.horizon == 24


def test_a_longer_file_is_gone_on_with(trained, own, tmp_path):
    from supervised.own import series  # TensorFlow

    context, _, config = trained
    model = context.models["model"]
    same = series.predict(config, model, [str(own)], context)
    kept = context.tables["forecast"]
    np.testing.assert_array_equal(same[["value", "high_95"]], kept[["value", "high_95"]])
    longer = tmp_path / "longer.csv"
    longer.write_text(own.read_text() + "\n2022-07;20,5\n2022-08;25,1\n")
    found = series.predict(config, model, [str(longer)], context)
    assert found["time"].tolist()[0] == "2022-09"
    assert found["value"].between(10, 30).all()
    for text, says in (
        ("month;sales\n2020-01;5\n2020-02;6\n2020-03;6", "has 3 steps, expected 1. or more"),
        (own.read_text().replace("sales", "sale"), r"--value 'sales': .* did you mean 'sale'\?"),
        (_written(HOURS, "%Y-%m-%d %H:%M", ";").replace("when;value", "month;sales"),
         "has hours, the training had months"),
    ):  # fmt: skip
        longer.write_text(text)
        with pytest.raises(DataError, match=says):
            series.predict(config, model, [str(longer)], context)


def test_a_gap_is_never_scored_nor_known_before_its_end(tmp_path):
    from supervised.core.forecasts.windows import Windows
    from supervised.own import series_scores  # TensorFlow

    known = np.ones(20, bool)
    known[[10, 11]] = False
    series = series_files.Series(name="", start=0, values=np.arange(20.0), known=known)
    windows = Windows(values=series.values, target="level", window=2)
    shape = series_parts.Shape(season=1, horizon=3, window=2)
    found = series_scores.tested(
        series, windows, np.arange(20) >= 8, {"network": lambda x: x[:, -1]}, shape, np.ones((2, 3))
    )
    # 11 and 12 begin behind steps that were filled with what came after them
    assert found.firsts.tolist() == [8, 9, 10, 13, 14, 15, 16, 17]
    np.testing.assert_array_equal(found.true[2], [np.nan, np.nan, 12])
    # errors of 1, 2, 3 steps ahead are 1, 2, 3; inside are those of 1
    table = series_scores.by_horizon(found)
    assert table["rmse"].tolist() == [1, 2, 3]
    assert table["inside_80%"].tolist() == [1, 0, 0]
    metrics = series_scores.metrics_of(found)
    squares = [14 / 3] * 5 + [(1 + 4) / 2, 1.0, 9.0]
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean(squares)))
    assert metrics["mase"] == pytest.approx((2 * 5 + 1.5 + 1 + 3) / 8)  # steps differ by 1
    assert metrics["persistence_rmse"] == metrics["rmse"]
    notes = series_scores.result(found, {}, [], shape).notes
    assert notes[-1] == "the network is no better than the last step again: use what is simpler"
    # stretches of three steps: 8 to 10, then 13, 14 to 16, 17; as many forecasts fill two
    assert found.stretch.tolist() == [0, 0, 0, 1, 2, 2, 2, 3]
    assert series_scores.errors_of(found) == {}
    assert "fill 2 whole stretches of a horizon: too few" in notes[0]


@pytest.mark.parametrize("stretches", [5, 20])
def test_errors_of_forecasts_that_overlap_hold_the_true_error(stretches):
    from supervised.own import series_scores  # TensorFlow

    horizon, many, rng = 12, 400, np.random.default_rng(0)
    firsts = np.arange(1, stretches * horizon + 1)
    ahead = firsts[:, None] + np.arange(horizon)
    rmse, errors = [], []
    for _ in range(many):
        values = rng.normal(size=firsts[-1] + horizon).cumsum()
        said = np.repeat(values[firsts - 1][:, None], horizon, axis=1)
        found = series_scores.Tested(
            firsts=firsts,
            begins=firsts,
            true=values[ahead],
            said={"network": said},
            bands={},
            unit=np.ones(len(firsts)),
        )
        rmse.append(np.sqrt(np.mean((values[ahead] - said) ** 2)))
        errors.append(series_scores.errors_of(found)["rmse"])
    true = np.sqrt((horizon + 1) / 2)  # the variance of h steps is h
    held = np.mean(np.abs(np.array(rmse) - true) <= 1.96 * np.array(errors))
    assert 0.88 <= held <= 0.98  # of 95; .74 and .85 were neighbours not alike


def test_series_of_the_same_days_are_no_more_stretches_of_time_than_one():
    from supervised.core.forecasts.windows import Windows
    from supervised.own import series_scores  # TensorFlow

    series = [
        series_files.Series(
            name=name, start=start, values=np.arange(float(n)), known=np.full(n, True)
        )
        for name, start, n in (("a", 0, 20), ("b", 3, 17))
    ]
    shape = series_parts.Shape(season=1, horizon=3, window=2)
    step = {"network": lambda x: x[:, -1]}
    every = [
        series_scores.tested(
            each,
            Windows(values=each.values, target="level", window=2),
            each.steps >= 12,
            step,
            shape,
            np.ones((2, 3)),
        )
        for each in series
    ]
    # the steps 12 to 17 begin a forecast, in both: 12 to 14, and 15 to 17
    assert [each.stretch.tolist() for each in every] == [[0, 0, 0, 1, 1, 1]] * 2
    found = series_scores.together(every)
    assert found.stretch.tolist() == [0, 0, 0, 1, 1, 1] * 2
    assert series_scores.errors_of(found) == {}  # two stretches tell no error


def test_growth_is_foretold_where_larger_values_change_more(tmp_path):
    from supervised.own import series_windows  # TensorFlow

    path, steps = tmp_path / "own.csv", np.arange(120)
    season = 1 + 0.3 * np.sin(2 * np.pi * steps / 12)
    for values, follows in ((1.02**steps * season, True), (10 + steps / 10 + season, False)):
        path.write_text("sales\n" + "\n".join(f"{value:.6f}" for value in values))
        divided = series_parts.read(SeriesConfig(csv=path, value="sales", season=12))
        assert series_windows.spread_follows_level(divided) is follows


@pytest.mark.parametrize("place", [100, 119], ids=["in the test", "at the end"])
def test_growth_is_not_foretold_where_the_test_has_a_0(tmp_path, place):
    from supervised.own import series, series_windows  # TensorFlow

    path, steps = tmp_path / "own.csv", np.arange(120)
    values = 1.02**steps * (1 + 0.3 * np.sin(2 * np.pi * steps / 12))
    values[place] = 0
    path.write_text("sales\n" + "\n".join(f"{value:.6f}" for value in values))
    config = SeriesConfig(csv=path, value="sales", season=12)
    divided = series_parts.read(config)
    assert series_windows.target(config, divided, Recorder()) != "growth"
    # of a run that foretells growth no other file with a 0 can be scored or gone on with
    context = Recorder()
    series_parts.keep(divided, "growth", {"": (0.0, 1.0)}, np.ones((2, 12)), context)
    model: Any = None  # is not reached
    for go_on in (
        lambda: series.evaluate(config, context, model),
        lambda: series.predict(config, model, [str(path)], context),
    ):
        with pytest.raises(DataError, match=r"0 at .*positive values only: train with --target"):
            go_on()


def test_changes_are_foretold_of_a_series_that_leaves_the_range_of_the_training(
    tmp_path,
):
    from supervised.own import series_windows  # TensorFlow

    path, steps = tmp_path / "own.csv", np.arange(100)
    config = SeriesConfig(csv=path, value="sales")
    # 60 steps for training, up to 17.7; of 20 for validation six are beyond 17.7
    season = 2 * np.array([0, 1, 0, -1])[steps % 4]
    for values, beyond in ((10 + season, 0.0), (10 + steps / 10 + season, 0.3)):
        path.write_text("sales\n" + "\n".join(f"{value:.6f}" for value in values))
        divided = series_parts.read(config)
        assert series_windows.share_beyond(divided) == pytest.approx(beyond)
    assert series_windows.target(config, divided, Recorder()) == "change"


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"csv": None}, InputError, "--csv is missing"),
        ({"value": ""}, InputError, "--value is missing: .* the columns 'month', 'sales'"),
        ({"value": "sale"}, DataError, r"--value 'sale': no such column; did you mean 'sales'\?"),
        ({"time": "sales"}, DataError, "must name different columns"),
        ({"series": "shop"}, DataError, "--series 'shop': no such column"),
        ({"horizon": 40}, DataError, "--horizon 40: the test has 30 steps only"),
        ({"season": 70}, DataError, "--season 70: 90 steps .* no two such seasons"),
        ({"window": 88}, DataError, "too few for --window 88 and --horizon 6; at least 97"),
        ({"csv": Path("missing.csv")}, DataError, "missing.csv: cannot be read"),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else None,
)  # fmt: skip
def test_what_cannot_be_used_is_said(own, settings, error, says):
    with pytest.raises(error, match=says):
        replace(_config(own), **settings).check()


def test_series_without_anything_to_foretell(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("sales\n" + "5\n" * 60)
    with pytest.raises(DataError, match="all the same"):
        _config(path).check()
    path.write_text("sales\n" + "5\n-1\n" * 40)
    with pytest.raises(DataError, match="-1 at 2: growth is told of positive values only"):
        _config(path, target="growth").check()
    path.write_text("sales\n5\n6\n7\n")
    with pytest.raises(DataError, match=r"too few|no two such seasons|steps only"):
        _config(path).check()


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(trained):
    _, result, config = trained
    context = Recorder(stop_after=4)
    with pytest.raises(Stopped):
        _run(config, context)
    context.stop_after = None
    assert _run(config, context).metrics == result.metrics


@pytest.mark.slow
def test_several_series_have_scales_of_their_own_and_a_trial_leaves_the_test_alone(tmp_path):
    from supervised.own import series  # TensorFlow

    path = tmp_path / "own.csv"
    rows = [
        f"{line.split(';')[0]};{name};{factor * float(line.split(';')[1].replace(',', '.')):.3f}"
        for name, factor in (("a", 1), ("b", -100))
        for line in _seasonal(seed=factor + 200).splitlines()[1:]
    ]
    path.write_text("\n".join(["month;shop;sales", *rows, "2022-06;short;1.0"]))
    context, config = Recorder(), _config(path, series="shop")
    result = _run(config, context)
    assert result.metrics["mase"] < 0.5 * result.metrics["persistence_mase"]
    assert result.test_rows == 50
    assert context.tables["forecast"]["series"].tolist() == ["a"] * 6 + ["b"] * 6
    assert any("short" in line for line in context.lines)
    context.lines.clear()
    model = context.models["model"]
    ahead = series.predict(config, model, [str(path)], context)
    assert ahead["value"].tolist() == context.tables["forecast"]["value"].tolist()
    assert context.lines[-1] == "own.csv: left out, since they are too short: short"
    later = tmp_path / "later.csv"
    of_short = [row.replace(";a;", ";short;").replace(";b;", ";new;") for row in rows]
    later.write_text("\n".join(["month;shop;sales", *of_short]))
    assert set(series.predict(config, model, [str(later)], context)["series"]) == {"new", "short"}
    assert context.lines[-2:] == [
        "later.csv: the training left these out, too short as they were: short",
        "later.csv: no series of the training: new",
    ]
    again = series.evaluate(config, context, context.models["model"])
    assert again["rmse"] == result.metrics["rmse"]
    trial = _run(replace(config, fit=FitConfig(epochs=1)), Recorder(final=False))
    assert trial.metrics == {}
    assert trial.validation["rmse"] > 0
