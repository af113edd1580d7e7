"""All that one search for solar antineutrinos gives, and how it is written to ``antineutrino.json``."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.appearance.candidates import Candidates
from analysis.appearance.config import PROMPT_OFFSET_MEV, AppearanceConfig
from analysis.appearance.field_limits import FieldLimit, FieldLimits
from analysis.appearance.limits import Limits, windows
from analysis.appearance.model import AppearanceModel
from analysis.counts.flux_bins import FluxBin
from analysis.limits import UNIT, Limit
from sim.core.config import Card
from sim.core.provenance import run_record

Floats = NDArray[np.float64]

PRODUCT_UNIT = "1e-9 mu_B kG"
_LISTED = 2000  # candidates that are listed one by one


class AppearanceOutcome(NamedTuple):
    """All results of a search.

    Attributes
    ----------
    data, config, model : candidates, settings, expectation.
    observed : counts (n,) in the bins of the model.
    undistorted, distorted : limits for the 8B shape, and for the shape of the card's field.
    flux_bins : model-independent limits.
    fields : limits on mu_12 B.
    """

    data: Candidates
    config: AppearanceConfig
    model: AppearanceModel
    observed: Floats
    undistorted: Limits
    distorted: Limits
    flux_bins: tuple[FluxBin, ...]
    fields: FieldLimits

    def limits(self) -> dict[str, Limit]:
        """Return every limit by its name."""
        products = {
            f"mu12_field_{row.conversion.name}": Limit(
                row.upper_1e9,
                self.config.confidence,
                f"{row.strength.method}; B = {row.conversion.quoted()}",
                PRODUCT_UNIT,
            )
            for row in self.fields.rows
        }
        return {**self.undistorted.limits, **self.distorted.limits, **products}


def _candidates(outcome: AppearanceOutcome) -> dict[str, Any]:
    data, first = outcome.data, outcome.model.first_above
    listed = data.edges_mev is None and data.prompts.energy_mev.size <= _LISTED
    total = float(data.prompts.weight.sum())
    return {
        "source": data.source,
        "label": data.label,
        "n": int(data.prompts.energy_mev.size),
        "sum_of_weights": total,
        "weighted": data.weighted(),
        "in_range": float(outcome.observed.sum()),
        "above_threshold": float(outcome.observed[first:].sum()),
        "outside_range": total - float(outcome.observed.sum()),
        "prompt_energy_mev": data.prompts.energy_mev.tolist() if listed else None,
        "remark": "a sum of weights is used as it is: counting limits continue the Poisson sum to fractions"
        if data.weighted()
        else "",
    }


def _shares(outcome: AppearanceOutcome) -> dict[str, Any]:
    first = outcome.model.first_above
    parts = {
        b.name: {
            "whole": float(b.counts.sum()),
            "above": float(b.counts[first:].sum()),
            "relative_sigma": b.sigma if np.isfinite(b.sigma) else "free",
        }
        for b in outcome.model.backgrounds
    }
    total = outcome.model.background()
    return {**parts, "total": {"whole": float(total.sum()), "above": float(total[first:].sum())}}


def _field_row(row: FieldLimit, fields_kg: tuple[float, ...], cl: float) -> dict[str, Any]:
    fit = row.strength
    return {
        "profile": row.conversion.name,
        "family": row.conversion.family(),
        "quoted_at": row.conversion.quoted(),
        "value": row.upper_1e9,
        "as_peak": row.peak_1e9(),
        "unit": PRODUCT_UNIT,
        "cl": cl,
        "mean_probability": row.probability,
        "not_refitted": row.rescaled_1e9,
        "first_order_holds": row.first_order(),
        "best": float(np.sqrt(fit.best)),
        "low_68": float(np.sqrt(max(fit.lower_68, 0.0))),
        "high_68": float(np.sqrt(fit.upper_68)),
        "q0": fit.q0,
        "p_no_signal": fit.p_zero,
        "moment": [
            {"field_kg": field, "value": 1e11 * row.moment_bohr(field), "unit": UNIT} for field in fields_kg
        ],
    }


def _fields(outcome: AppearanceOutcome) -> dict[str, Any]:
    fields, cl = outcome.fields, outcome.config.confidence
    plain = fields.undistorted
    return {
        "rows": [_field_row(row, outcome.config.fields_kg, cl) for row in fields.rows],
        "literature": {
            "value": fields.literature_1e9,
            "unit": PRODUCT_UNIT,
            "form": "7.4e-7 mu_B kG sqrt(P / sin^2 2 theta_12), B at 0.05 R_sun, P the undistorted limit",
            "probability": fields.undistorted_limit,
        },
        "best_fit": {
            "undistorted": {**plain._asdict(), "meaning": "P(nu_e -> anti-nu_e)"},
            **{
                name: {"profile": row.conversion.name, "q0": row.strength.q0}
                for name in ("core", "outer")
                if (row := fields.best(name)) is not None
            },
            "preference": fields.preference(),
            "preference_meaning": "-2 ln L of the best core field less that of the best outer one",
            "seen": fields.seen(),
            "family": fields.family(),
        },
    }


def to_plain(outcome: AppearanceOutcome, card: Card) -> dict[str, Any]:
    """Return the contents of ``antineutrino.json``."""
    config, model = outcome.config, outcome.model
    first = windows(config, model)
    plain: dict[str, Any] = {
        "candidates": _candidates(outcome),
        "exposure": {
            "value": model.exposure_t_y,
            "unit": "t year",
            "proton_seconds": outcome.data.proton_seconds(),
            "meaning": "fiducial mass times live time outside the vetoes; the efficiency is not in it",
        },
        "efficiency": {
            "value": model.efficiency(),
            "relative_sigma": config.efficiency_sigma,
            "response": model.response.name,
        },
        "windows": {
            w.name: {
                "neutrino_energy_mev": w.low_mev,
                "prompt_energy_mev": float(model.edges_mev[w.first]),
                "boron_flux_cm2_s": model.flux_above(w.low_mev),
                "signal_counts_for_p_1": float(model.signal(1.0)[w.first :].sum()),
            }
            for w in first
        },
        "backgrounds": _shares(outcome),
        "limits": {name: limit._asdict() for name, limit in outcome.limits().items()},
        "sensitivity": {
            name: {**found._asdict(), "cl": config.confidence}
            for name, found in {**outcome.undistorted.sensitivity, **outcome.distorted.sensitivity}.items()
        },
        "flux_bins": [b._asdict() for b in outcome.flux_bins],
        "moment_field": _fields(outcome),
        "spectrum": {
            "prompt_edges_mev": model.edges_mev.tolist(),
            "neutrino_offset_mev": PROMPT_OFFSET_MEV,
            "observed": outcome.observed.tolist(),
            "background": model.background().tolist(),
            "signal_for_p_1": model.signal(1.0).tolist(),
        },
    }
    resolved = {**card.values, "appearance": config.model_dump(mode="json")}
    plain["provenance"] = run_record("antineutrino", card, resolved, input=outcome.data.source)
    return plain
