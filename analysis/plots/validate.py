"""Figures of the detector study: what each effect does, and the tornado of shifts."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.plots.study_marks import by_estimator, by_particle, draw_points, energy_axis, zero_line
from analysis.plots.style import COLOURS, DOUBLE, style
from analysis.study.compare import electron_balls
from analysis.study.paired import Paired
from analysis.study.sample import SHELL_MEV
from analysis.study.study import EffectResult, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


def effect_numbers(study: Study, result: EffectResult) -> dict[str, ArrayLike]:
    """Return every change of an effect: a row a probe; relative changes in per cent; empty without events."""
    if result.pairs is None:
        return {"probe": np.zeros(0)}
    numbers: dict[str, ArrayLike] = {
        "particle": [p.particle for p in study.probes],
        "energy_mev": np.array([p.energy_mev for p in study.probes]),
        "radius_m": np.array([p.radius_m for p in study.probes]),
        "shell": np.array([int(p.shell) for p in study.probes]),
    }
    for name, pairs in result.pairs.items():
        for field in ("bias", "bias_error", "resolution", "resolution_error"):
            numbers[f"{name}_{field}_percent"] = np.array([100.0 * getattr(p, field) for p in pairs])
        numbers[f"{name}_shape_p"] = np.array([p.shape_p for p in pairs])
    return numbers


def effect_figure(study: Study, result: EffectResult) -> "Figure":
    """Draw changes of mean and resolution over energy, of the mean over radius, and by kind of event."""
    from matplotlib.figure import Figure

    if result.pairs is None:
        msg = f"{result.effect.label} does not touch the events: there is nothing to draw"
        raise ValueError(msg)
    use = electron_balls(study.probes)
    energy = np.array([study.probes[i].energy_mev for i in use])
    kinds = [i for i, p in enumerate(study.probes) if not p.shell and p.energy_mev in (0.2, SHELL_MEV, 1.0)]
    kinds += [i for i, p in enumerate(study.probes) if not p.shell and p.particle != "electron"]
    with style():
        figure = Figure(figsize=(DOUBLE[0], 5.0), layout="constrained")
        (bias, width), (radius, kind) = figure.subplots(2, 2)
        for name, x, look in by_estimator(energy):
            pairs = result.pairs[name]
            draw_points(bias, x, *_percent(pairs, use, "bias"), look)
            draw_points(width, x, *_percent(pairs, use, "resolution"), look)
            beside = np.arange(len(kinds)) + 0.13 * look.shift
            draw_points(kind, beside, *_percent(pairs, kinds, "bias"), look, line="")
        for _, probes, radius_m, look in by_particle(study):
            draw_points(radius, radius_m, *_percent(result.pairs["nh"], probes, "bias"), look)
        bias.set_ylabel("change of the mean [%]")
        width.set_ylabel(r"change of $\sigma$/mean [%]")
        radius.set_ylabel("change of mean $N_h$ [%]")
        kind.set_ylabel("change of the mean [%]")
        energy_axis(bias, energy)
        energy_axis(width, energy)
        radius.set_xlabel("true radius [m]")
        low, high = radius.get_ylim()
        radius.set_ylim(min(low, 0.0), high + 0.5 * (high - low))  # room for the legend
        radius.legend(loc="upper left")
        kind.set_xticks(np.arange(len(kinds)), [_short(study, i) for i in kinds], fontsize=7)
        kind.set_xticks([], minor=True)
        kind.set_xlabel("kind of event, energy [MeV]")
        for axes in (bias, width, radius, kind):
            zero_line(axes)
        handles, labels = bias.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, title=result.effect.label)
    return figure


def _percent(pairs: tuple[Paired, ...], use: list[int], field: str) -> tuple[Floats, Floats]:
    values = np.array([getattr(pairs[i], field) for i in use])
    errors = np.array([getattr(pairs[i], f"{field}_error") for i in use])
    return 100.0 * values, 100.0 * errors


def _short(study: Study, number: int) -> str:
    probe = study.probes[number]
    if probe.particle == "electron":
        return f"e$^-$\n{probe.energy_mev:g}"
    if probe.particle == "alpha":
        return "$^{210}$Po $\\alpha$\n5.3"
    return "2 $\\gamma$\n0.511" if probe.energy_mev == 0.0 else f"e$^+$\n{probe.energy_mev:g}"


def tornado_numbers(study: Study) -> dict[str, ArrayLike]:
    """Return shifts of the limit [1e-11 mu_B] and of pp, 7Be and 210Po rates [cpd/100 t], largest first."""
    nominal = study.nominal
    shifts = [(r.fitted.limit_gallium or np.nan) - (nominal.limit_gallium or np.nan) for r in study.results]
    order = np.argsort(-np.nan_to_num(np.abs(shifts), nan=1e9), kind="stable")
    ordered = [study.results[i] for i in order]
    numbers: dict[str, ArrayLike] = {
        "effect": [f'"{r.effect.label}"' for r in ordered],
        "limit_shift": np.array([shifts[i] for i in order]),
        "limit_shift_error": np.array([r.limit_error for r in ordered]),
    }
    for rate in ("rate_pp", "rate_7Be", "rate_210Po"):
        numbers[f"{rate}_shift"] = np.array([r.fitted.values[rate] - nominal.truth[rate] for r in ordered])
        numbers[f"{rate}_shift_error"] = np.array([r.rate_errors[rate] for r in ordered])
        numbers[f"{rate}_fit_error"] = np.full(len(ordered), nominal.errors[rate])
    return numbers


def tornado_figure(study: Study) -> "Figure":
    """Draw what each effect does to the limit, and to the rates in units of their fit error."""
    from matplotlib.figure import Figure

    n = {name: np.asarray(values) for name, values in tornado_numbers(study).items()}
    labels = [str(text).strip('"') for text in n["effect"]]
    y = np.arange(len(labels))[::-1]
    with style():
        figure = Figure(figsize=(DOUBLE[0], 1.5 + 0.36 * len(labels)), layout="constrained")
        limit, rates = figure.subplots(1, 2, sharey=True)
        colours = [COLOURS["vermilion" if shift > 0 else "blue"] for shift in n["limit_shift"]]
        limit.barh(y, n["limit_shift"], color=colours, height=0.6, zorder=2)
        limit.errorbar(
            n["limit_shift"], y, xerr=n["limit_shift_error"], fmt="none", ecolor="black", elinewidth=0.9,
            zorder=3,
        )  # fmt: skip
        for k, (rate, colour, marker, label) in enumerate(
            (
                ("rate_pp", "vermilion", "o", "pp"),
                ("rate_7Be", "blue", "s", r"$^7$Be"),
                ("rate_210Po", "purple", "D", r"$^{210}$Po"),
            )
        ):
            scale = n[f"{rate}_fit_error"]
            rates.errorbar(
                n[f"{rate}_shift"] / scale, y + 0.2 * (1 - k), xerr=n[f"{rate}_shift_error"] / scale,
                fmt=marker, color=COLOURS[colour], markersize=4, elinewidth=0.9, label=label,
            )  # fmt: skip
        for axes in (limit, rates):
            axes.axvline(0.0, color="0.4", linewidth=0.8, zorder=1)
            axes.set_yticks([], minor=True)
        reach = float(
            np.nanmax(np.abs(n["limit_shift"]) + np.nan_to_num(n["limit_shift_error"]), initial=0.01)
        )
        limit.set_xlim(-1.15 * reach, 1.15 * reach)
        limit.set_yticks(y, labels)
        limit.set_ylim(-0.7, len(labels) - 0.3)
        limit.tick_params(axis="y", which="both", length=0)
        rates.tick_params(axis="y", which="both", length=0)
        nominal = study.nominal.limit_gallium
        known = "" if nominal is None else f", nominal {nominal:.2f}"
        limit.set_xlabel(
            rf"shift of the 90 % limit on $\mu_\nu^\mathrm{{eff}}$"
            "\n"
            rf"[$10^{{-11}}\,\mu_\mathrm{{B}}$]{known}"
        )
        rates.set_xlabel("shift of the rate / its\nstatistical error in the fit")
        handles, names = rates.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper right", ncols=3)
    return figure
