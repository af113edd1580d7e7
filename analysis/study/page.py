"""The HTML page of a detector study: one file that needs nothing else, the answer first."""

import json
import math
from collections.abc import Sequence
from html import escape
from typing import Any

from analysis.study.fit import RATES
from analysis.study.html import STYLE, change, fold, image, name, signed, table, with_error
from analysis.study.page_effect import MU, effect_section, rate_name
from analysis.study.page_nominal import nominal_section
from analysis.study.record import METHODS
from analysis.study.sample import probe_label
from analysis.study.study import Study
from analysis.study.verdict import Largest, Verdict, limit_shift, rate_shift

_SHORT = {
    "alpha_score": "alphas kept out by <i>alpha_score</i>",
    "gatti": "alphas kept out by <i>gatti</i>",
    "positron_score": "positron ranked above electron, <i>positron_score</i>",
}


def _quantity(found: Largest) -> str:
    if found.quantity == "limit":
        return "on the limit"
    if found.quantity.startswith("rate_"):
        return f"on the {rate_name(found.quantity)} rate"
    return f"on the pulse shape <i>{found.quantity}</i>"


def _largest(found: Largest) -> str:
    scale, unit = 1.0, " counts/day/100 t"
    if found.quantity == "limit":
        unit = f" &times; {MU}"
    elif not found.quantity.startswith("rate_"):
        scale, unit = 100.0, " percentage points"
    shift = change(scale * found.shift, scale * found.error, stacked=False).lstrip("!")
    beside = [f"{signed(100 * found.relative, 1)} %"] if scale == 1.0 else []
    if found.in_fit_errors is not None:
        beside.append(f"{signed(found.in_fit_errors, 2)} of its fit errors")
    tail = f" ({', '.join(beside)})" if beside else ""
    return f"<li>Largest {_quantity(found)}: <b>{name(found.label)}</b>, {shift}{unit}{tail}.</li>"


def _verdict(study: Study, verdict: Verdict) -> str:
    nominal = study.nominal
    lines = [
        f"<li>Limit of the nominal detector: <b>{_limit(nominal.limit_gallium)}</b> &times; {MU} "
        f"(90 % C.L., with gallium; {_limit(nominal.limit_free)} without).</li>",
        *(_largest(found) for found in verdict.largest if found.seen),
    ]
    unseen = [_quantity(found).removeprefix("on the ") for found in verdict.largest if not found.seen]
    if unseen:
        lines.append(f"<li>No change is seen beyond the statistics of the events: {', '.join(unseen)}.</li>")
    if verdict.harmless:
        names = ", ".join(name(label) for label in verdict.harmless)
        lines.append(
            "<li>Of no consequence (limit within 0.5 %, pp and <sup>7</sup>Be within a tenth of their fit "
            f"errors): {names}.</li>"
        )
    bad = [r.effect.label for r in study.results if not r.fitted.valid]
    if bad:
        lines.append(f"<li>The fit failed: <b>{', '.join(map(name, bad))}</b>.</li>")
    return f'<div class="verdict"><ul>{"".join(lines)}</ul></div>'


def _limit(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _linked(study: Study, i: int) -> str:
    return f'<a href="#effect-{i + 1}">{name(study.results[i].effect.label)}</a>'


def _summary(study: Study, verdict: Verdict) -> str:
    nominal, rows = study.nominal, []
    for i in verdict.order:
        r = study.results[i]
        shift = limit_shift(study, r)
        rows.append(
            [
                _linked(study, i),
                "none" if shift is None else change(shift, r.limit_error),
                "" if shift is None else signed(100 * shift / (nominal.limit_gallium or math.nan), 1),
                *(change(rate_shift(study, r, rate), r.rate_errors[rate]) for rate in RATES),
                "no fit" if math.isnan(r.fitted.chi2) else f"{r.fitted.chi2:.1f}",
            ]
        )
    rows.append(["fit error, nominal", "", "", *(f"{nominal.errors[rate]:.2f}" for rate in RATES), ""])
    head = [
        "effect", f"limit<br><small>{MU}</small>", "limit<br><small>%</small>",
        *(f"{rate_name(rate)}<br><small>cpd/100 t</small>" for rate in RATES), "&chi;&sup2;",
    ]  # fmt: skip
    return table(head, rows, "Shifts of the limit and of the fitted rates, largest shift of the limit first",
                 total=True)  # fmt: skip


def _shapes(study: Study, verdict: Verdict) -> str:
    if not study.separations:
        return "<p>Too few calibration events to tell what pulse shapes separate.</p>"
    merged = study.merging
    rows = [
        [
            "nominal detector",
            *(with_error(100 * s.nominal, 100 * s.nominal_error) for s in study.separations),
            with_error(merged.nominal_ns, merged.nominal_error_ns),
        ]
    ]
    for i in verdict.order:
        r = study.results[i]
        if r.merging is None:
            continue
        own = {s.score: change(100 * s.change, 100 * s.change_error) for s in r.separations}
        rows.append([
            _linked(study, i), *(own.get(s.score, "too few") for s in study.separations),
            change(r.merging.change_ns, r.merging.change_error_ns),
        ])  # fmt: skip
    head = ["", *(f"{_SHORT[s.score]}<br><small>%</small>" for s in study.separations),
            "pile-up resolving time<br><small>ns</small>"]  # fmt: skip
    against = {s.score: f"{name(probe_label(study.probes[s.signal]))} against "
               f"{name(probe_label(study.probes[s.electron]))}" for s in study.separations}  # fmt: skip
    pairs = "; ".join(f"<i>{score}</i>: {text}" for score, text in against.items())
    return (
        table(head, rows, "Nominal value, then the change by each effect that touches the events")
        + '<p class="note">Alphas are kept out by the cut that 99 % of the electrons pass, set anew for each '
        f"detector. Ranked: the chance that a positron scores higher than an electron. {pairs}. Resolving "
        "time: two <sup>14</sup>C decays nearer than that make one cluster; the rate of pile-up is "
        "proportional to it, and its change is in the data of the fits, which keep the nominal constraint on "
        "pile-up. Tags that need muons (<i>tfc</i>) are not in "
        "calibration events.</p>"
    )


def _contents(study: Study, verdict: Verdict) -> str:
    parts = [("limit", "Limit and rates"), ("shapes", "Pulse shapes and pile-up")] if study.results else [
        ("shapes", "Pulse shapes and pile-up")]  # fmt: skip
    parts += [("nominal", "Nominal detector: truth against reconstruction")]
    lines = [f'<li><a href="#{key}">{text}</a></li>' for key, text in parts]
    if study.results:
        inner = "".join(f"<li>{_linked(study, i)}</li>" for i in verdict.order)
        lines.append(f'<li><a href="#effects">Effect by effect</a><ul>{inner}</ul></li>')
    lines += [
        '<li><a href="#methods">How it was made</a></li>',
        '<li><a href="#provenance">Provenance</a></li>',
    ]
    return f"<nav><ul>{''.join(lines)}</ul></nav>"


def page(
    study: Study,
    verdict: Verdict,
    provenance: dict[str, Any],
    images: dict[str, str],
    names: Sequence[str | None],
) -> str:
    """Return the report.

    Parameters
    ----------
    study : what was found.
    verdict : what of it matters most.
    provenance : run record.
    images : PNG as base64 by name.
    names : of the effects' figures; None where there is none.
    """
    source = escape(study.card.source)
    events = sum(p.events for p in study.probes)
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Detector effects: {source}</title><style>{STYLE}</style></head><body>",
        "<h1>What do detector effects do?</h1>",
        f'<p class="note">Card: {source}. Number of effects: {len(study.results)}. {len(study.probes)} kinds '
        f"of calibration events, {events:,} events and {study.merging.n:,} pairs of <sup>14</sup>C decays "
        "for each detector.</p>",
        _verdict(study, verdict),
        _contents(study, verdict),
    ]
    if study.results:
        parts += [
            '<h2 id="limit">Limit and rates</h2>',
            _summary(study, verdict),
            '<p class="note">&plusmn;: statistical error of the simulated difference, none where no events '
            "are involved; marked: above three of them. cpd/100 t: counts per day and 100 tonnes. "
            "&chi;&sup2;: what the nominal model cannot describe. In the figure, blue shifts lower the "
            "limit.</p>",
            image(images, "tornado", "Shift of the limit and of rates for each effect"),
        ]
    parts += ['<h2 id="shapes">Pulse shapes and pile-up</h2>', _shapes(study, verdict)]
    parts += [
        '<h2 id="nominal">Nominal detector: truth against reconstruction</h2>',
        nominal_section(study, images),
    ]
    if study.results:
        parts.append('<h2 id="effects">Effect by effect</h2>')
        parts += [effect_section(study, images, i, names[i]) for i in verdict.order]
    made = "".join(f"<li><b>{escape(word)}</b>: {escape(text)}</li>" for word, text in METHODS.items())
    short = {key: value for key, value in provenance.items() if key not in ("card", "tables_sha256")}
    parts += [
        f'<h2 id="methods">How it was made</h2><ul>{made}</ul>',
        f'<h2 id="provenance">Provenance</h2><p>heliospin {escape(str(provenance["version"]))}, '
        f"{study.seconds:.0f} s. All numbers are in <code>validate.json</code> beside this page.</p>",
        fold("Run record", f"<pre>{escape(json.dumps(short, indent=2))}</pre>"),
        fold("Card, all values", f"<pre>{escape(json.dumps(provenance['card'], indent=2))}</pre>"),
        fold(
            "Checksums of tables",
            f"<pre>{escape(json.dumps(provenance.get('tables_sha256', {}), indent=2))}</pre>",
        ),
        "</body></html>\n",
    ]
    return "\n".join(parts)
