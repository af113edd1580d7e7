"""The study of detector effects: events without and with each effect, and what the fit makes of them."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.config import Estimator
from analysis.response import load_response
from analysis.study.closure import Closure, close, table_mismatch
from analysis.study.compare import (
    GROUPS,
    Comparison,
    Rows,
    VertexChange,
    acceptance_change,
    paired,
    points_against_table,
    response_points,
    used_events,
    vertex_change,
)
from analysis.study.effects import Effect
from analysis.study.fit import (
    Acceptance,
    Fitted,
    data_counts,
    data_problem,
    fit_changed,
    fit_section,
    fitted,
    model_problem,
    seen_carbon,
    split_cards,
)
from analysis.study.merging import Merging, merging
from analysis.study.paired import Paired
from analysis.study.response import shifted_response
from analysis.study.sample import Sample, pair_probe, read_sample
from analysis.study.separation import Separation, separations
from recon.config import ReconConfig
from sim.core.config import Card
from sim.core.probes import Probe
from sim.core.rng import Stage, stream

Advance = Callable[[float], None]
Step = Callable[[str, float], AbstractContextManager[Advance]]

COMPARED: tuple[Estimator, ...] = ("nh", "np", "np_230", "np_400", "charge_pe")
_FIT_COST = 2000.0  # events that take as long as a fit with its profiles, for the progress bar
_MISMATCH = 0.015  # of the fit's response to the nominal detector; above, the measured one is used
_KB = "detector.quenching.kb_beta_cm_mev"


class Tools(NamedTuple):
    """What other rooms do, handed in: the analysis cannot import them.

    Attributes
    ----------
    simulate : (card, probes, events file, workers, advance), as ``sim.calibration.simulate_probes``.
    reconstruct : (events file, reco file, section, advance, workers), as ``recon.pipeline.reconstruct``.
    resolve : (card) -> every section that the simulation reads, as ``sim.calibration.resolved_card``.
    """

    simulate: Callable[[Card, Sequence[Probe], Path, int, Advance | None], None]
    reconstruct: Callable[[Path, Path, ReconConfig, Advance | None, int], Any]
    resolve: Callable[[Card], dict[str, Any]]


class EffectResult(NamedTuple):
    """All that one effect does.

    Attributes
    ----------
    pairs : by estimator, one a probe; None where the effect does not touch the events.
    vertex : one a probe, or None.
    separations : of particles by their pulse shapes; empty where the effect does not touch the events.
    merging : of two 14C decays into one cluster, or None.
    acceptance, acceptance_error : factors on the events in the fiducial volume, and on pile-up.
    fitted : fit of the changed data; ``Study.nominal`` is that without any effect.
    limit_error, rate_errors : statistical, of the shifts; 0 where the effect does not touch the events.
    """

    effect: Effect
    pairs: dict[str, tuple[Paired, ...]] | None
    vertex: tuple[VertexChange, ...] | None
    separations: tuple[Separation, ...]
    merging: Merging | None
    acceptance: Acceptance
    acceptance_error: Acceptance
    fitted: Fitted
    limit_error: float
    rate_errors: dict[str, float]
    seconds: float


class Study(NamedTuple):
    """Everything that ``heliospin validate`` finds."""

    card: Card
    probes: tuple[Probe, ...]
    closure: Closure
    separations: tuple[Separation, ...]  # of the nominal detector; no changes
    merging: Merging
    mismatch: float  # of the fit's response and the nominal detector, greatest, relative
    adapted: bool  # so the fits use the response measured on the nominal detector
    nominal: Fitted
    results: tuple[EffectResult, ...]
    seconds: float


class _Bench(NamedTuple):
    """What the effects share: the nominal side, and how changed events are made."""

    nominal: Comparison
    shot: tuple[Probe, ...]  # the probes, and last the pairs of 14C decays
    tools: Tools
    folder: Path
    workers: int

    def pairs(self) -> Rows:
        """Return the rows of the pairs of 14C decays."""
        return self.nominal.sample.of(len(self.shot) - 1)


def run_study(
    card: Card,
    effects: Sequence[Effect],
    probes: tuple[Probe, ...],
    tools: Tools,
    folder: Path,
    workers: int,
    stage: Step,
) -> Study:
    """Study effects.

    Parameters
    ----------
    card : nominal card.
    effects : checked.
    probes : calibration events, of each detector the same.
    tools : simulation and reconstruction.
    folder : for events, which are large; nothing in it is needed afterwards.
    workers : processes and threads; the result is the same for any number.
    stage : (what, amount) -> context that gives a function to be told the amount done.

    Raises
    ------
    HeliospinError
        As of the parts.
    """
    begun = time.perf_counter()
    shot = (*probes, pair_probe(probes))
    total = float(sum(probe.events for probe in shot))
    with stage("nominal detector", 2.0 * total + _FIT_COST) as advance:
        sample = _measure(card, card, shot, tools, folder, "nominal", workers, advance)
        seed = int(card.values.get("run", {}).get("seed", 1))
        chance = stream(seed, Stage.CALIBRATION, len(probes)).random(len(sample.probe))
        bench = _Bench(Comparison(card, probes, sample, chance), shot, tools, folder, workers)
        config = fit_section(card)
        volume = card.section("reconstruction", ReconConfig).fiducial_volume()
        closure = close(
            sample, probes, volume, {name: load_response("simulation", name) for name in COMPARED}
        )
        everyone = used_events(bench.nominal, sample, card)
        separated = separations(sample, sample, everyone, probes)
        merged = merging(sample, sample, bench.pairs())
        mismatch = table_mismatch(sample, probes, volume, load_response(config.response, config.estimator),
                                  config.estimator)  # fmt: skip
        adapt = mismatch > _MISMATCH
        base = load_response(config.response, config.estimator)
        if adapt:
            measured = points_against_table(bench.nominal, everyone, config.estimator, base)
            base = shifted_response(base, measured)
        nominal = fitted(model_problem(seen_carbon(card), base))
        advance(_FIT_COST)
    results = []
    for effect in effects:
        simulated = effect.touches("detector") or effect.touches("reconstruction")
        amount = _FIT_COST * (1.0 + (GROUPS if simulated else 0))
        amount += total * (effect.touches("detector") + simulated)
        with stage(effect.label, amount) as advance:
            results.append(_one(bench, effect, adapt, advance))
    return Study(
        card, probes, closure, separated, merged, mismatch, adapt, nominal, tuple(results),
        time.perf_counter() - begun,
    )  # fmt: skip


def _measure(
    nominal: Card, card: Card, probes: tuple[Probe, ...], tools: Tools, folder: Path, name: str, workers: int,
    advance: Advance,
) -> Sample:  # fmt: skip
    """Simulate (unless the detector is the nominal one, whose events are there) and reconstruct."""
    events = folder / "nominal_events.root"
    detector = card.values.get("detector") != nominal.values.get("detector")
    if name == "nominal" or detector:
        events = folder / f"{name}_events.root"
        tools.simulate(card, probes, events, workers, advance)
    reco = folder / f"{name}_reco.root"
    tools.reconstruct(events, reco, card.section("reconstruction", ReconConfig), advance, workers)
    sample = read_sample(events, reco, probes)
    if name != "nominal":
        reco.unlink()
        if detector:
            events.unlink()
    return sample


def _one(bench: _Bench, effect: Effect, adapt: bool, advance: Advance) -> EffectResult:
    begun = time.perf_counter()
    data_card, fit_card = split_cards(bench.nominal.card, effect.card)
    config = fit_section(data_card)
    base = load_response(config.response, config.estimator)
    changed_response = fit_section(fit_card).response != fit_section(bench.nominal.card).response
    after: Sample | None = None
    if effect.touches("detector") or effect.touches("reconstruction"):
        after = _measure(
            bench.nominal.card, effect.card, bench.shot, bench.tools, bench.folder, "varied",
            bench.workers, advance,
        )  # fmt: skip
    everyone = used_events(bench.nominal, bench.nominal.sample if after is None else after, effect.card)
    if adapt:
        base = shifted_response(base, points_against_table(bench.nominal, everyone, config.estimator, base))
    problem = model_problem(fit_card, None if changed_response else base)
    data = data_problem(data_card, _kb_shift(effect))

    def refit(rows: tuple[Rows, ...], pairs: Rows) -> tuple[Fitted, Acceptance]:
        response, acceptance = base, Acceptance()
        if after is not None:
            points = response_points(bench.nominal, after, rows, config.estimator)
            steps = bench.nominal.sample.step[config.estimator], after.step[config.estimator]
            response = shifted_response(base, points, (steps[0] or 1.0, steps[1] or 1.0))
            acceptance = acceptance_change(bench.nominal, after, effect.card, rows)[0]
            factor = merging(bench.nominal.sample, after, pairs).factor(config.estimator)
            acceptance = acceptance._replace(pile_up=factor)
        found = fit_changed(problem, data_counts(data, data_card, response, acceptance))
        advance(_FIT_COST)
        return found, acceptance

    pile_up = bench.pairs()
    found, acceptance = refit(everyone, pile_up)
    limit_error, rate_errors = 0.0, dict.fromkeys(found.values, 0.0)
    pairs: dict[str, tuple[Paired, ...]] | None = None
    vertex: tuple[VertexChange, ...] | None = None
    separated: tuple[Separation, ...] = ()
    merged: Merging | None = None
    acceptance_error = Acceptance(0.0, 0.0, 0.0)
    if after is not None:
        groups = [
            refit(tuple(r[r % GROUPS == g] for r in everyone), pile_up[pile_up % GROUPS == g])[0]
            for g in range(GROUPS)
        ]
        root = GROUPS**0.5
        limits = [g.limit_gallium for g in groups if g.limit_gallium is not None]
        limit_error = float(np.std(limits, ddof=1) / root) if len(limits) == GROUPS else float("nan")
        rate_errors = {
            name: float(np.std([g.values[name] for g in groups], ddof=1) / root) for name in found.values
        }
        pairs = {name: paired(bench.nominal, after, everyone, name) for name in COMPARED}
        vertex = tuple(vertex_change(bench.nominal.sample, after, rows) for rows in everyone)
        acceptance_error = acceptance_change(bench.nominal, after, effect.card, everyone)[1]
        separated = separations(bench.nominal.sample, after, everyone, bench.nominal.probes)
        merged = merging(bench.nominal.sample, after, pile_up)
        acceptance_error = acceptance_error._replace(
            pile_up=merged.change_error_ns / max(merged.nominal_ns, 1.0)
        )
    return EffectResult(
        effect, pairs, vertex, separated, merged, acceptance, acceptance_error, found, limit_error,
        rate_errors, time.perf_counter() - begun,
    )  # fmt: skip


def _kb_shift(effect: Effect) -> float:
    return sum(float(c.varied) - float(c.nominal) for c in effect.changes if c.key == _KB)
