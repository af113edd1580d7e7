"""The HTML page of a detector study: tables and figures in one file that needs nothing else."""

import json
import math
from collections.abc import Sequence
from html import escape
from typing import Any

from analysis.study.fit import RATES
from analysis.study.record import METHODS
from analysis.study.sample import probe_label
from analysis.study.study import COMPARED, EffectResult, Study

_STYLE = """
body { font: 15px/1.5 sans-serif; color: #222; max-width: 62em; margin: 2em auto; padding: 0 1em; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2em; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; margin: 1em 0; font-size: 13px; }
th, td { padding: .2em .7em; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { border-bottom: 1px solid #888; }
td.strong { font-weight: bold; } img { max-width: 100%; } caption { text-align: left; padding: .3em 0; }
pre { background: #f6f6f6; padding: 1em; overflow: auto; font-size: 12px; max-height: 30em; }
.note { color: #555; font-size: 13px; }
"""
_ESTIMATORS = {
    "nh": "N<sub>h</sub>", "np": "N<sub>p</sub>", "np_230": "N<sub>p</sub> (230 ns)",
    "np_400": "N<sub>p</sub> (400 ns)", "charge_pe": "charge",
}  # fmt: skip
_RATE_NAMES = {"rate_pp": "pp", "rate_7Be": "7Be", "rate_85Kr": "85Kr", "rate_210Bi": "210Bi",
               "rate_210Po": "210Po", "rate_11C": "11C"}  # fmt: skip
_SEEN = 3.0  # standard deviations from which a change is printed bold
_SEEN_P = 0.0027


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    title = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    return f'<td class="strong">{text[1:]}</td>' if text.startswith("!") else f"<td>{text}</td>"


def _with_error(value: float, error: float, digits: int = 3) -> str:
    """Return a value with its error, with more digits where the error needs them; bold where it is seen."""
    if math.isnan(value) or math.isnan(error):
        return "no fit"
    if error == 0.0 and abs(value) < 1e-12:
        return "0"
    while 0.0 < error < 10.0**-digits and digits < 5:
        digits += 1
    bold = "!" if error > 0.0 and abs(value) > _SEEN * error else ""
    if error == 0.0:
        return f"{value:+.{digits}f}"
    return f"{bold}{value:+.{digits}f} &plusmn; {error:.{digits}f}"


def _image(images: dict[str, str], name: str, text: str) -> str:
    return f'<p><img alt="{escape(text)}" src="data:image/png;base64,{images[name]}"></p>'


def _limit(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _summary(study: Study) -> str:
    rows = []
    for r in study.results:
        limit, before = r.fitted.limit_gallium, study.nominal.limit_gallium
        shift = "none" if limit is None or before is None else _with_error(limit - before, r.limit_error)
        rates = [
            _with_error(r.fitted.values[name] - study.nominal.truth[name], r.rate_errors[name], 2)
            for name in RATES
        ]
        rows.append(
            [
                escape(r.effect.label),
                _limit(limit),
                shift,
                *rates,
                "no fit" if math.isnan(r.fitted.chi2) else f"{r.fitted.chi2:.1f}",
            ]
        )
    spread = ["fit error, nominal", "", "", *(f"{study.nominal.errors[name]:.2f}" for name in RATES), ""]
    head = ["effect", "limit", "shift", *(_RATE_NAMES[name] for name in RATES), "&chi;&sup2;"]
    return _table(
        head, [*rows, spread],
        "Limit on the moment with gallium, 90 % C.L. [10<sup>-11</sup> &mu;<sub>B</sub>], and shifts of the "
        "fitted rates [counts/day/100 t]; &chi;&sup2;: what the nominal model cannot describe",
    )  # fmt: skip


def _changes(result: EffectResult) -> str:
    rows = [
        [escape(c.key), escape(json.dumps(c.nominal)), escape(json.dumps(c.varied))]
        for c in result.effect.changes
    ]
    return _table(["key of the card", "nominal", "with the effect"], rows)


def _effect_tables(study: Study, result: EffectResult) -> str:
    if result.pairs is None or result.vertex is None:
        return (
            "<p>This does not touch the calibration events: it changes what the Sun and the backgrounds "
            "give, or what the fit assumes. Its part is in the table of limits and rates.</p>"
        )
    parts = []
    for field, unit, digits in (
        ("bias", "change of the mean [%]", 3),
        ("resolution", "change of &sigma;/mean [%]", 2),
    ):
        rows = [
            [escape(probe_label(probe))]
            + [
                _with_error(
                    100 * getattr(result.pairs[name][i], field),
                    100 * getattr(result.pairs[name][i], f"{field}_error"),
                    digits,
                )
                for name in COMPARED
            ]
            for i, probe in enumerate(study.probes)
        ]
        parts.append(_table(["events", *(_ESTIMATORS[name] for name in COMPARED)], rows, unit))
    rows = []
    for i, probe in enumerate(study.probes):
        cells = []
        for name in COMPARED:
            p = result.pairs[name][i]
            bold = "!" if p.shape_p < _SEEN_P else ""
            cells.append(
                f"{bold}{p.shape_chi2:.1f}/{p.shape_ndf} ({p.shape_p:.2g})" if p.shape_ndf else "same"
            )
        rows.append([escape(probe_label(probe)), *cells])
    parts.append(
        _table(
            ["events", *(_ESTIMATORS[name] for name in COMPARED)],
            rows,
            "Change of the shape, mean and width taken out: Stuart-Maxwell &chi;&sup2;/ndf (p-value)",
        )
    )
    rows = [
        [
            escape(probe_label(probe)),
            f"{100 * v.bias_m[0]:.2f}",
            _with_error(100 * (v.bias_m[1] - v.bias_m[0]), 100 * v.bias_change_error_m, 2),
            f"{100 * v.sigma_m[0]:.2f}",
            f"{100 * v.sigma_m[1]:.2f}",
        ]
        for probe, v in zip(study.probes, result.vertex, strict=True)
    ]
    head = [
        "events",
        "offset outwards, nominal",
        "change",
        "&sigma; of a coordinate, nominal",
        "with the effect",
    ]
    parts.append(_table(head, rows, "Vertex [cm]"))
    tables = "".join(f"<details><summary>{title}</summary>{table}</details>" for title, table in zip(
        ("Means", "Resolutions", "Shapes", "Vertices"), parts, strict=True))  # fmt: skip
    a, e = result.acceptance, result.acceptance_error
    return tables + (
        f"<p>Events in the fiducial volume change by {_plain(100 * (a.electron - 1), 100 * e.electron)} % "
        f"(electrons) and {_plain(100 * (a.alpha - 1), 100 * e.alpha)} % (alphas).</p>"
    )


def _plain(value: float, error: float) -> str:
    return _with_error(value, error, 2).lstrip("!")


def _gain(result: EffectResult) -> str:
    if result.pairs is None:
        return ""
    ratios = sorted(p.bias_unpaired_error / p.bias_error for p in result.pairs["nh"] if p.bias_error > 0.0)
    if not ratios:
        return ""
    gain = f"{ratios[len(ratios) // 2]:.0f} times smaller (median) than with independent events"
    return f'<p class="note">Errors of the means are {gain}.</p>'


def _nominal(study: Study, images: dict[str, str]) -> str:
    closure = study.closure
    used = (
        f"The fit's response misses the means of this detector by up to {100 * study.mismatch:.1f} % "
        "(electrons of 0.2 to 1.6 MeV), so the fits use the response measured here."
        if study.adapted
        else "The response that the fit assumes meets the means of the detector within "
        f"{100 * study.mismatch:.2f} % (electrons of 0.2 to 1.6 MeV)."
    )
    rows = [
        [
            escape(probe_label(study.probes[v.probe])),
            f"{v.n}",
            f"{100 * v.found:.2f}",
            _with_error(100 * v.radial_bias_m, 100 * v.radial_bias_error_m, 2),
            f"{100 * v.sigma_m:.2f} &plusmn; {100 * v.sigma_error_m:.2f}",
            f"{v.pull:.2f}",
        ]
        for v in closure.vertex
    ]
    head = [
        "events",
        "used",
        "with a cluster [%]",
        "offset outwards [cm]",
        "&sigma; of a coordinate [cm]",
        "pull",
    ]
    return (
        "<h2>Nominal detector: truth against reconstruction</h2>"
        f"<p>{used} Electrons with a vertex in the fiducial volume over those truly in it: "
        f"{closure.acceptance:.4f}.</p>"
        + _image(images, "closure_energy", "Mean and resolution of the estimators over visible energy")
        + '<p class="note">Above: electrons in the fiducial volume. Below: the same over the response that '
        "was calibrated for the simulation, from 0.1 to 1.6 MeV.</p>"
        + _image(images, "closure_radius", "Light and vertex over the true radius")
        + "<details><summary>Vertices</summary>"
        + _table(
            head, rows, "At the centre, the offset is along z; pull: width of (found - true)/uncertainty"
        )
        + "</details>"
    )


def page(
    study: Study, provenance: dict[str, Any], images: dict[str, str], names: Sequence[str | None]
) -> str:
    """Return the report.

    Parameters
    ----------
    study : what was found.
    provenance : run record.
    images : PNG as base64 by name.
    names : of the effects' figures; None where there is none.
    """
    source = escape(study.card.source)
    events = sum(p.events for p in study.probes)
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        f"<title>Detector effects: {source}</title><style>{_STYLE}</style></head><body>",
        "<h1>What do detector effects do?</h1>",
        f"<p>Card: {source}. {len(study.results)} effects, {len(study.probes)} kinds of calibration events, "
        f"{events:,} events for each detector. heliospin {escape(str(provenance['version']))}.</p>",
    ]
    if study.results:
        parts += [
            "<h2>Limit and rates</h2>",
            _summary(study),
            '<p class="note">&plusmn;: statistical error of the simulated difference; bold: above three of '
            f"them. Without any effect the limit is {_limit(study.nominal.limit_gallium)}, without gallium "
            f"{_limit(study.nominal.limit_free)}. In the figure, blue shifts lower the limit.</p>",
            _image(images, "tornado", "Shift of the limit and of rates for each effect"),
        ]
    parts.append(_nominal(study, images))
    for result, name in zip(study.results, names, strict=True):
        parts += [f"<h2>{escape(result.effect.label)}</h2>", _changes(result)]
        if name is not None:
            parts.append(_image(images, name, f"Effect of {result.effect.label} on the estimators"))
        parts += [_gain(result), _effect_tables(study, result)]
    made = "".join(f"<li><b>{escape(word)}</b>: {escape(text)}</li>" for word, text in METHODS.items())
    short = {key: value for key, value in provenance.items() if key not in ("card", "tables_sha256")}
    parts += [
        f"<h2>How it was made</h2><ul>{made}</ul>",
        "<details><summary>Run record</summary><pre>"
        + escape(json.dumps(short, indent=2)) + "</pre></details>",
        "<details><summary>Card, all values</summary><pre>"
        + escape(json.dumps(provenance["card"], indent=2)) + "</pre></details></body></html>\n",
    ]  # fmt: skip
    return "\n".join(parts)
