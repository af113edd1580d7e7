"""Figures: the fitted spectrum with its components and residuals; what a moment does to pp and 7Be."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.expectation import Bins
from analysis.model import build_model, shape_code
from analysis.outcome import Outcome
from analysis.parameters import LIGHT_YIELD, MU_SQUARED, parameter
from analysis.plots.style import COLOURS, DOUBLE, style
from analysis.response import electron_mean
from sim.physics.quenching import visible_energies

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

ESTIMATOR_LABELS = {
    "nh": "$N_h$",
    "nh_230": "$N_h$ (230 ns)",
    "nh_400": "$N_h$ (400 ns)",
    "np": "$N_p$",
    "np_230": "$N_p$ (230 ns)",
    "np_400": "$N_p$ (400 ns)",
    "charge_pe": "charge [p.e.]",
}
_COMPONENTS = {
    "pp": ("vermilion", "-"),
    "7Be": ("blue", "-"),
    "pep": ("green", "-"),
    "CNO": ("orange", "-"),
    "8B": ("purple", "-"),
    "14C": ("sky", "--"),
    "pile_up": ("grey", "--"),
    "210Po": ("purple", "--"),
    "85Kr": ("green", "--"),
    "210Bi": ("orange", "--"),
    "11C": ("vermilion", "--"),
    "ext_k40_bi214": ("blue", "--"),
    "ext_tl208": ("grey", "-"),
}
_SHOWN_BINS = 55  # of the residuals
SEED_MOMENT_1E11 = 5.0  # of the moment figure, as in the picture of [BX-MOMENT17]
_MOMENT_RANGE = (60, 400)


def spectrum_numbers(outcome: Outcome) -> dict[str, Floats]:
    """Return bin centres, data, total and components: counts in the fit bins."""
    model = outcome.problem.likelihood.model
    theta = outcome.best.theta()
    numbers = {
        outcome.problem.config.estimator: model.centres(),
        "counts": outcome.problem.likelihood.data.counts,
        "expected": model.expected(theta),
    }
    return numbers | {name: model.component(theta, name) for name in _COMPONENTS}


def _recoil_axis(axes: "Axes", outcome: Outcome) -> None:
    """Add the mean estimator of electrons as an axis of recoil energies on top."""
    model = outcome.problem.likelihood.model
    energy_mev = np.geomspace(1e-3, 6.0, 400)
    visible = visible_energies("electron", energy_mev, outcome.problem.config.kb_cm_mev)
    mean = electron_mean(model.response, float(outcome.best.theta()[LIGHT_YIELD]), visible)
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(mean)) > 0.0])
    energy_kev, mean = 1e3 * energy_mev[rising], mean[rising]

    def to_energy(x: ArrayLike) -> ArrayLike:
        found: Floats = np.interp(np.asarray(x, dtype=np.float64), mean, energy_kev)
        return found

    def to_estimator(x: ArrayLike) -> ArrayLike:
        found: Floats = np.interp(np.asarray(x, dtype=np.float64), energy_kev, mean)
        return found

    top = axes.secondary_xaxis("top", functions=(to_energy, to_estimator))
    top.set_xlabel("Electron energy $T$ [keV]")


def _grouped(values: Floats, size: int) -> Floats:
    n = values.size // size
    return np.asarray(values[: n * size].reshape(n, size).sum(axis=1))


def spectrum_figure(outcome: Outcome) -> "Figure":
    """Draw data, components and total on a logarithmic scale, residuals below."""
    from matplotlib.figure import Figure

    numbers = spectrum_numbers(outcome)
    estimator = outcome.problem.config.estimator
    centres, counts, expected = numbers[estimator], numbers["counts"], numbers["expected"]
    width = outcome.problem.config.bin_width * outcome.problem.spectrum.step
    scale = 1.0 / (outcome.problem.spectrum.exposure_d_100t * width)
    with style():
        figure = Figure(figsize=(DOUBLE[0], 5.4), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1.0))
        floor = max(0.3 * scale, 2e-4 * scale * counts.max())
        edges = np.append(centres - 0.5 * width, centres[-1] + 0.5 * width)
        seen = counts > 0
        upper.errorbar(
            centres[seen], scale * counts[seen], scale * np.sqrt(counts[seen]),
            fmt="o", color="black", ecolor="0.55", markersize=1.6, elinewidth=0.6,
            label=outcome.problem.spectrum.label, zorder=3,
        )  # fmt: skip
        for name, (colour, dashes) in _COMPONENTS.items():
            values = scale * numbers[name]
            if values.max() > floor:
                label = parameter(f"rate_{name}").label
                upper.stairs(
                    values, edges, color=COLOURS[colour], linestyle=dashes, label=label, baseline=None
                )
        upper.stairs(
            scale * expected, edges, color="black", linewidth=1.2, label="fit", baseline=None, zorder=4
        )
        upper.set_yscale("log")
        upper.set_ylim(floor, 4.0 * scale * max(counts.max(), expected.max()))
        upper.set_xlim(edges[0], edges[-1])
        upper.set_ylabel(
            rf"Counts / (day $\cdot$ 100 t $\cdot$ {ESTIMATOR_LABELS[estimator].split(' [')[0]})"
        )
        upper.legend(ncols=4, loc="upper right", columnspacing=1.2)
        _recoil_axis(upper, outcome)
        size = max(1, round(counts.size / _SHOWN_BINS))
        n, nu = _grouped(counts, size), _grouped(expected, size)
        at = _grouped(centres, size) / size
        lower.errorbar(
            at, (n - nu) / np.sqrt(nu), np.ones_like(at),
            fmt="o", color="black", ecolor="0.55", markersize=2.5, elinewidth=0.6,
        )  # fmt: skip
        lower.axhline(0.0, color=COLOURS["vermilion"], linewidth=1.0)
        lower.set_ylim(-4.5, 4.5)
        lower.set_yticks([-3, 0, 3])
        lower.set_ylabel(r"(data $-$ fit) / $\sigma$")
        lower.set_xlabel(ESTIMATOR_LABELS[estimator])
        s = outcome.best.statistic
        lower.text(
            0.012, 0.06,
            rf"$\chi^2/\mathrm{{ndf}} = {s.value:.1f}/{s.ndf}$, residuals in groups of {size} bins",
            transform=lower.transAxes, fontsize=7,
        )  # fmt: skip
    return figure


def moment_numbers(outcome: Outcome) -> dict[str, Floats]:
    """Return the response to pp and 7Be without moment and with 5e-11 mu_B: counts a day, 100 t and unit."""
    problem = outcome.problem
    low, high = _MOMENT_RANGE
    bins = Bins(float(low), high - low + 1, 1, 1.0, 1.0)
    model = build_model(
        problem.spectra, problem.likelihood.model.response, shape_code(problem.config.line_shape), bins
    )
    theta = outcome.standard.theta()
    numbers: dict[str, Floats] = {problem.config.estimator: model.centres()}
    for label, mu in (("mu0", 0.0), ("mu5", SEED_MOMENT_1E11)):
        theta[MU_SQUARED] = mu * mu
        for name in ("pp", "7Be"):
            numbers[f"{name}_{label}"] = model.component(theta, name)
    return numbers


def moment_figure(outcome: Outcome) -> "Figure":
    """Draw pp and 7Be recoil spectra as the detector sees them, with and without a moment."""
    from matplotlib.figure import Figure

    numbers = moment_numbers(outcome)
    estimator = outcome.problem.config.estimator
    x = numbers[estimator]
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        sums = {"mu0": numbers["pp_mu0"] + numbers["7Be_mu0"], "mu5": numbers["pp_mu5"] + numbers["7Be_mu5"]}
        for values, colour, name in (
            (numbers["pp_mu0"], "vermilion", "pp"),
            (numbers["7Be_mu0"], "blue", r"$^7$Be"),
            (sums["mu0"], "black", r"pp + $^7$Be"),
        ):
            axes.plot(x, values, color=COLOURS[colour], label=name)
        for values, colour in (
            (numbers["pp_mu5"], "vermilion"),
            (numbers["7Be_mu5"], "blue"),
            (sums["mu5"], "black"),
        ):
            axes.plot(x, values, color=COLOURS[colour], linestyle=(0, (4, 1.6)))
        axes.plot(
            [],
            [],
            color="black",
            linestyle=(0, (4, 1.6)),
            label=r"with $\mu_\nu = 5\times10^{-11}\,\mu_\mathrm{B}$",
        )
        axes.set_yscale("log")
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(1e-3, 2.0 * float(sums["mu5"].max()))
        axes.set_xlabel(ESTIMATOR_LABELS[estimator])
        axes.set_ylabel(rf"Counts / (day $\cdot$ 100 t $\cdot$ {ESTIMATOR_LABELS[estimator].split(' [')[0]})")
        axes.legend(loc="upper right")
        _recoil_axis(axes, outcome)
    return figure
