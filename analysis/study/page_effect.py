"""The part of the study's page that belongs to one effect."""

import json
from html import escape

from analysis.study.fit import RATES
from analysis.study.html import change, fold, image, name, table
from analysis.study.paired import SEEN_P, Paired, is_seen
from analysis.study.sample import probe_label
from analysis.study.study import COMPARED, EffectResult, Study
from analysis.study.verdict import limit_shift, rate_shift

Pairs = dict[str, tuple[Paired, ...]]

MU = "10<sup>&minus;11</sup> &mu;<sub>B</sub>"
_CAPTION = (
    '<p class="note">Above: electrons spread over the fiducial volume. Below left: events on shells; right: '
    "kinds of events in the fiducial volume.</p>"
)
_ESTIMATORS = {
    "nh": "N<sub>h</sub>", "np": "N<sub>p</sub>", "np_230": "N<sub>p</sub> (230 ns)",
    "np_400": "N<sub>p</sub> (400 ns)", "charge_pe": "charge",
}  # fmt: skip


def rate_name(key: str) -> str:
    """Return the name of a rate, HTML."""
    return name(key.removeprefix("rate_"))


def _changes(result: EffectResult) -> str:
    rows = [
        [f"<code>{escape(c.key)}</code>", escape(json.dumps(c.nominal)), escape(json.dumps(c.varied))]
        for c in result.effect.changes
    ]
    return table(["key of the card", "nominal", "with the effect"], rows)


def _by_probe(study: Study, pairs: Pairs, field: str) -> list[list[str]]:
    return [
        [name(probe_label(probe))]
        + [
            change(100 * getattr(pairs[key][i], field), 100 * getattr(pairs[key][i], f"{field}_error"))
            for key in COMPARED
        ]
        for i, probe in enumerate(study.probes)
    ]


def _shape(p: Paired) -> str:
    if not p.shape_ndf:
        return "same"
    mark = "!" if p.shape_p < SEEN_P else ""
    return f"{mark}{p.shape_chi2:.1f}/{p.shape_ndf}<small>p = {p.shape_p:.2g}</small>"


def _shape_rows(study: Study, pairs: Pairs) -> list[list[str]]:
    rows = []
    for i, probe in enumerate(study.probes):
        found = [pairs[key][i] for key in COMPARED]
        rows.append([name(probe_label(probe))] + [
            _shape(p) for p in found
        ])  # fmt: skip
    return rows


def _effect_tables(study: Study, result: EffectResult) -> str:
    if result.pairs is None or result.vertex is None:
        return (
            "<p>This does not touch the calibration events: it changes what the Sun and the backgrounds "
            "give, or what the fit assumes. Its part is in the table of limits and rates.</p>"
        )
    head = ["events", *(_ESTIMATORS[key] for key in COMPARED)]
    place = [
        [
            name(probe_label(probe)),
            f"{100 * v.bias_m[0]:.2f}".replace("-", "&minus;"),
            change(100 * (v.bias_m[1] - v.bias_m[0]), 100 * v.bias_change_error_m),
            f"{100 * v.sigma_m[0]:.2f}",
            f"{100 * v.sigma_m[1]:.2f}",
        ]
        for probe, v in zip(study.probes, result.vertex, strict=True)
    ]
    a, e = result.acceptance, result.acceptance_error
    factors = (
        ("electrons", a.electron, e.electron), ("alphas", a.alpha, e.alpha), ("pile-up", a.pile_up, e.pile_up)
    )  # fmt: skip
    told = ", ".join(f"{what} {_plain(100 * (f - 1), 100 * error)} %" for what, f, error in factors)
    return "".join(
        (
            fold("Means: change [%]", table(head, _by_probe(study, result.pairs, "bias"))),
            fold(
                "Resolutions: change of &sigma;/mean [%]",
                table(head, _by_probe(study, result.pairs, "resolution")),
            ),
            fold(
                "Shapes: mean and width taken out, Stuart-Maxwell &chi;&sup2;/ndf",
                table(head, _shape_rows(study, result.pairs)),
            ),
            fold(
                "Vertices [cm]",
                table(
                    ["events", "offset outwards,<br>nominal", "its change",
                     "&sigma; of a coordinate,<br>nominal", "with the effect"], place,
                ),
            ),
            f"<p>Change of the rates that are seen in the fiducial volume: {told}.</p>",
        )
    )  # fmt: skip


def _plain(value: float, error: float) -> str:
    return change(value, error, stacked=False).lstrip("!")


def _gain(result: EffectResult) -> str:
    ratios = sorted(
        p.bias_unpaired_error / p.bias_error for p in (result.pairs or {}).get("nh", ()) if p.bias_error > 0.0
    )
    if not ratios:
        return ""
    gain = f"{ratios[len(ratios) // 2]:.0f} times smaller (median) than with independent events"
    return f'<p class="note">Errors of the means are {gain}.</p>'


def effect_section(study: Study, images: dict[str, str], number: int, figure: str | None) -> str:
    """Return all about one effect; ``figure`` is the name of its picture, None where there is none."""
    r = study.results[number]
    shift, label = limit_shift(study, r), escape(r.effect.label)
    told = ""
    if shift is not None:
        told = f"Limit {_plain(shift, r.limit_error)} &times; {MU}"
        seen = [rate for rate in RATES if is_seen(rate_shift(study, r, rate), r.rate_errors[rate])]
        rates = [f"{rate_name(k)} {_plain(rate_shift(study, r, k), r.rate_errors[k])}" for k in seen]
        told += f"; rates beyond 3 standard deviations: {', '.join(rates)} cpd/100 t" if rates else ""
        told = f"<p>{told}.</p>"
    return "".join(
        (
            f'<h3 id="effect-{number + 1}">{name(r.effect.label)}</h3>',
            told,
            _changes(r),
            ""
            if figure is None
            else image(images, figure, f"Effect of {label} on the estimators") + _CAPTION,
            _gain(r),
            _effect_tables(study, r),
        )
    )
