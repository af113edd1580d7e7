"""The answer of a study in a few numbers: which effects matter most, for what, and which are not seen."""

import math
from typing import Any, NamedTuple

from analysis.study.paired import is_seen
from analysis.study.study import EffectResult, Study

SOLAR = ("rate_pp", "rate_7Be")
_SMALL = 0.005  # relative, of the limit; and of the fit error: not worth a word


class Largest(NamedTuple):
    """The effect that shifts a quantity most; relative to its nominal value, and to its fit error.

    Attributes
    ----------
    quantity : ``limit``, a rate, or a pulse-shape score.
    label : of the effect.
    shift, error : in the unit of the quantity; statistical error of the shift.
    relative : shift over the nominal value.
    in_fit_errors : shift over the error of the nominal fit; None where there is none.
    seen : the shift stands out of its statistical error (or has none).
    """

    quantity: str
    label: str
    shift: float
    error: float
    relative: float
    in_fit_errors: float | None
    seen: bool


class Verdict(NamedTuple):
    """Largest shifts, effects by the size of the limit's shift, and those that change nothing to speak of."""

    largest: tuple[Largest, ...]
    order: tuple[int, ...]  # numbers of the effects, largest shift of the limit first; no limit: before all
    harmless: tuple[str, ...]

    def to_plain(self, study: Study) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "largest": [found._asdict() for found in self.largest],
            "by_limit_shift": [study.results[i].effect.label for i in self.order],
            "harmless": list(self.harmless),
        }


def limit_shift(study: Study, result: EffectResult) -> float | None:
    """Return the shift of the limit in 1e-11 mu_B; None where one of the two is missing."""
    before, after = study.nominal.limit_gallium, result.fitted.limit_gallium
    return None if before is None or after is None else after - before


def rate_shift(study: Study, result: EffectResult, rate: str) -> float:
    """Return the shift of a fitted rate in cpd/100 t."""
    return result.fitted.values[rate] - study.nominal.truth[rate]


def _largest(
    quantity: str, nominal: float, fit_error: float | None, shifts: list[tuple[str, float | None, float]]
) -> Largest | None:
    known = [(label, s, e) for label, s, e in shifts if s is not None and math.isfinite(s) and s != 0.0]
    known = [k for k in known if k[2] == 0.0 or is_seen(k[1], k[2])] or known
    if not known or nominal == 0.0:
        return None
    label, shift, error = max(known, key=lambda k: abs(k[1]))
    relative = None if fit_error is None else shift / fit_error
    return Largest(
        quantity, label, shift, error, shift / nominal, relative, error == 0.0 or is_seen(shift, error)
    )


def judge(study: Study) -> Verdict:
    """Return what a study says, most important first; shifts that are seen go before others."""
    nominal, results = study.nominal, study.results
    shifts = [limit_shift(study, r) for r in results]
    size = [math.inf if s is None else abs(s) for s in shifts]
    order = tuple(sorted(range(len(results)), key=lambda i: -size[i]))
    labels = [r.effect.label for r in results]
    found = [
        _largest("limit", nominal.limit_gallium or 0.0, None,
                 [(r.effect.label, s, r.limit_error) for r, s in zip(results, shifts, strict=True)]),
        *(
            _largest(rate, nominal.truth[rate], nominal.errors[rate],
                     [(r.effect.label, rate_shift(study, r, rate), r.rate_errors[rate]) for r in results])
            for rate in SOLAR
        ),
        *(
            _largest(s.score, s.nominal, None,
                     [(r.effect.label, t.change, t.change_error) for r in results for t in r.separations
                      if t.score == s.score])
            for s in study.separations
        ),
    ]  # fmt: skip
    harmless = tuple(label for label, r in zip(labels, results, strict=True) if _is_harmless(study, r))
    return Verdict(tuple(f for f in found if f is not None), order, harmless)


def _is_harmless(study: Study, result: EffectResult) -> bool:
    shift, nominal = limit_shift(study, result), study.nominal
    if shift is None or nominal.limit_gallium is None:
        return False
    if not abs(shift) < _SMALL * nominal.limit_gallium:
        return False
    return all(abs(rate_shift(study, result, r)) < 0.1 * nominal.errors[r] for r in SOLAR)
