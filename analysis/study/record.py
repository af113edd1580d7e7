"""The contents of ``validate.json``."""

import math
from typing import Any

from analysis.study.compare import GROUPS
from analysis.study.fit import Fitted
from analysis.study.sample import probe_label
from analysis.study.separation import Separation
from analysis.study.study import EffectResult, Study
from analysis.study.verdict import judge
from sim.core.provenance import run_record

METHODS = {
    "events": "the same calibration events for every detector: common random numbers",
    "bias": "ratio of means minus 1; events truly in the fiducial volume, or on a shell, found in both",
    "resolution": "ratio of sigma/mean minus 1",
    "errors": "from the spread of the event-by-event differences",
    "shape": "Stuart-Maxwell chi2 of the same events in 10 equally filled bins, mean and width taken out",
    "fit": "Asimov data of the changed response, fitted with the nominal response; statistical errors of the "
    f"shifts from {GROUPS} groups of events",
    "pulse shape": "share of alphas above the cut that 99 % of electrons of as much light pass; chance that "
    "a positron scores above an electron; errors from the influence of each event, changes from the same "
    "events",
    "pile-up": "its rate is that of the calibrated detector, times the square of the activity of 14C, times "
    "the change of the resolving time of pairs of decays; 14C in the clusters of other events is left out: "
    "it is in about one of 10 000",
    "limit": "90 % C.L., profile likelihood integrated over mu >= 0, with the gallium constraint",
}


def finite(value: Any) -> Any:
    """Return plain values with NaN and infinities replaced by None."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _fit(result: EffectResult, nominal: Fitted) -> dict[str, Any]:
    found = result.fitted
    rates = {
        f"{name}_cpd_100t": {
            "truth": nominal.truth[name],
            "value": value,
            "shift": value - nominal.truth[name],
            "shift_error": result.rate_errors[name],
            "fit_error": nominal.errors[name],
        }
        for name, value in found.values.items()
        if name.startswith("rate_")
    }
    return {
        "limit_1e11": {
            "nominal": nominal.limit_gallium,
            "value": found.limit_gallium,
            "shift": _difference(found.limit_gallium, nominal.limit_gallium),
            "shift_error": result.limit_error,
        },
        "limit_no_gallium_1e11": {"nominal": nominal.limit_free, "value": found.limit_free},
        "best_moment_1e11": found.moment,
        "rates": rates,
        "chi2": found.chi2,
        "ndf": found.ndf,
        "valid": found.valid,
    }


def _separation(found: Separation) -> dict[str, Any]:
    error = found.change_error
    return {**found._asdict(), "significance": found.change / error if error > 0.0 else None}


def _events(result: EffectResult) -> list[dict[str, Any]] | None:
    if result.pairs is None or result.vertex is None:
        return None
    return [
        {
            "probe": number,
            "vertex": vertex._asdict(),
            "estimators": {name: pairs[number]._asdict() for name, pairs in result.pairs.items()},
        }
        for number, vertex in enumerate(result.vertex)
    ]


def to_plain(study: Study, resolved: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of ``validate.json``.

    Parameters
    ----------
    study : what was found.
    resolved : sections of the nominal card, defaults filled in.
    """
    closure = study.closure
    plain = {
        "methods": METHODS,
        "verdict": judge(study).to_plain(study),
        "probes": [{"label": probe_label(p), **p.to_plain()} for p in study.probes],
        "closure": {
            "energy": [row._asdict() for row in closure.energy],
            "vertex": [row._asdict() for row in closure.vertex],
            "fiducial_acceptance": closure.acceptance,
            "fit_response_mismatch": study.mismatch,
            "fit_response_adapted": study.adapted,
        },
        "pulse_shape": [
            {key: value for key, value in found._asdict().items() if not key.startswith("change")}
            for found in study.separations
        ],
        "pile_up_resolving_time_ns": {
            "value": study.merging.nominal_ns,
            "error": study.merging.nominal_error_ns,
        },
        "nominal_fit": study.nominal._asdict(),
        "effects": [
            {
                "label": result.effect.label,
                "changes": [change._asdict() for change in result.effect.changes],
                "acceptance": result.acceptance._asdict(),
                "acceptance_error": result.acceptance_error._asdict(),
                "fit": _fit(result, study.nominal),
                "events": _events(result),
                "pulse_shape": [_separation(found) for found in result.separations],
                "pile_up": None if result.merging is None else result.merging._asdict(),
            }
            for result in study.results
        ],
        "provenance": run_record("validate", study.card, resolved),
    }
    found: dict[str, Any] = finite(plain)
    return found
