"""Train the pulse-shape discriminators: makes sim/data/pulse_profiles.csv and sim/data/pulse_networks.csv.

Alphas, positrons and electrons of the same visible energies, spread over the vessel, go through detector and
reconstruction (one class against the other never differs in energy or place). Mean profiles give the weights
of Gatti's parameter; the networks are fitted by maximum likelihood on the training sample, and tried on a test
sample of another seed. The same seeds give the same tables. Run it again whenever detector or vertex fit change
(one to two minutes on two cores):

    python scripts/make_pulse_shapes.py phase2
"""

import argparse
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recon.channels import read_channels
from recon.config import ReconConfig
from recon.gates import build_periods, fit_hits, read_hits
from recon.network import OUTPUT_UNIT, Network, network_scores
from recon.pulse_features import EDGES_NS, FEATURES, N_BINS, pulse_features
from recon.pulse_shape import (
    ALPHA_NETWORK,
    NETWORKS_TABLE,
    POSITRON_NETWORK,
    PROFILES_TABLE,
    gatti,
    gatti_weights,
)
from recon.timing import timing_model
from scripts.make_response import renew_checksum
from sim.calibration import simulate_probes
from sim.core.config import Card, read_card
from sim.core.probes import Particle, Probe
from sim.core.provenance import program_version
from sim.core.rootio import iterate, read_tree
from sim.core.schema import EVENTS, RUNS, TRUTH
from sim.core.tables import data_folder
from sim.detector.config import DetectorConfig
from sim.physics.quenching import visible_energies

Floats = NDArray[np.float64]

OVERRIDES = ("detector.trigger.min_hits=15", "pile_up.c14=false")  # nothing is cut off below
# Visible energies of alphas and electrons: 0.18 MeV, the threshold of the fit, to above 212Po; 210Po has 0.41.
ALPHA_VISIBLE_MEV = (0.18, 0.24, 0.30, 0.36, 0.41, 0.46, 0.54, 0.64, 0.76, 0.90)
ALPHA_RADIUS_M = 4.2  # to the vessel
POSITRON_MEV = (0.02, 0.12, 0.24, 0.36, 0.48, 0.60, 0.72, 0.84, 0.94)  # kinetic energies of 11C
POSITRON_RADIUS_M = 3.5  # gammas that leave the scintillator would give themselves away by their energy
SEEDS = {"train": 7101, "test": 7102}
HIDDEN = 8
DECAY = 1e-3  # of the weights, on inputs of unit width; at 1e-4 training is better than test
STEPS = 200
SAFE_SHARE = 0.01  # electrons given away when the efficiency is quoted


class Pulses(NamedTuple):
    """Features of two classes and the label: 1 alpha or positron, 0 electron; number of the probe."""

    features: Floats  # (n, n_features)
    label: Floats
    probe: NDArray[np.int64]


def kinetic(particle: Particle, visible_mev: float, kb_cm_mev: float) -> float:
    """Return the kinetic energy that gives a visible energy."""

    def excess(energy: float) -> float:
        return float(visible_energies(particle, np.array([energy]), kb_cm_mev)[0]) - visible_mev  # type: ignore[arg-type]

    return float(brentq(excess, 0.01, 20.0))


def shoot(
    card: Card, probes: list[Probe], folder: Path, workers: int
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Simulate and reconstruct; return features, probe of each, and the mean visible energy of each probe in MeV."""
    path = folder / "events.root"
    simulate_probes(card, probes, path, workers)
    config = card.section("reconstruction", ReconConfig)
    (tubes,) = build_periods(config, read_channels(path, read_tree(path, RUNS)))
    channels, timing = tubes.channels, timing_model(config)
    features, number = [], []
    for block in iterate(path, EVENTS, ["block", "hit_time_ns", "hit_pmt", "hit_charge_pe"], rows=8000):
        raw = read_hits(path, block, len(channels.live))
        hits, clusters, vertices = fit_hits(raw, tubes, timing, config)
        use = vertices.valid & (clusters.number == 0)
        features.append(pulse_features(hits, clusters, channels, vertices, timing.slowness_ns_m)[use])
        number.append(np.asarray(block["block"])[clusters.gate[use]].astype(np.int64))
    truth = read_tree(path, TRUTH, ["block", "visible_mev"])
    visible = np.bincount(truth["block"], truth["visible_mev"]) / np.bincount(truth["block"])
    return np.concatenate(features), np.concatenate(number), visible


def pulses(card: Card, kind: Particle, energies: list[float], radius_m: float, events: int, folder: Path,
           workers: int) -> Pulses:  # fmt: skip
    """Return pulses of alphas or positrons and of electrons of the same mean visible energy, probe by probe."""
    kb = card.section("detector", DetectorConfig).quenching.kb_beta_cm_mev
    one, number, visible = shoot(
        card, [Probe(kind, e, radius_m, False, events) for e in energies], folder, workers
    )
    beta = [Probe("electron", kinetic("electron", v, kb), radius_m, False, events) for v in visible]
    other, other_number, _ = shoot(card, beta, folder, workers)
    return Pulses(
        np.concatenate([one, other]),
        np.repeat([1.0, 0.0], [len(one), len(other)]),
        np.concatenate([number, other_number]),
    )


def train(sample: Pulses, seed: int) -> Network:
    """Return the network of highest likelihood for balanced classes, weights held small by ``DECAY``."""
    centre, width = sample.features.mean(axis=0), sample.features.std(axis=0)
    x = (sample.features - centre) / width
    share = sample.label.mean()
    weight = np.where(sample.label > 0, 0.5 / share, 0.5 / (1.0 - share)) / len(x)
    n_in = x.shape[1]
    sizes = np.cumsum([HIDDEN * n_in, HIDDEN, HIDDEN])

    def loss(p: Floats) -> tuple[float, Floats]:
        w, bias, out = p[: sizes[0]].reshape(HIDDEN, n_in), p[sizes[0] : sizes[1]], p[sizes[1] : sizes[2]]
        # einsum and not @: as fast for so few columns, and its sums do not depend on threads
        hidden = np.tanh(np.einsum("ni,hi->nh", x, w) + bias)
        total = np.einsum("nh,h->n", hidden, out) + p[-1]
        value = np.sum(weight * (np.logaddexp(0.0, total) - sample.label * total))
        error = weight * (1.0 / (1.0 + np.exp(-total)) - sample.label)
        back = error[:, None] * out * (1.0 - hidden**2)
        slope = np.concatenate(
            [
                np.einsum("nh,ni->hi", back, x).ravel(),
                back.sum(axis=0),
                np.einsum("nh,n->h", hidden, error),
                [error.sum()],
            ]
        )
        decay = np.concatenate([p[: sizes[0]], np.zeros(HIDDEN), p[sizes[1] : sizes[2]], [0.0]])
        return float(value + 0.5 * DECAY * np.sum(decay**2)), slope + DECAY * decay

    rng = np.random.default_rng(seed)
    start = np.concatenate(
        [rng.normal(0.0, n_in**-0.5, HIDDEN * n_in), np.zeros(HIDDEN), rng.normal(0.0, 0.5, HIDDEN), [0.0]]
    )
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxfun": 2 * STEPS})
    w = best.x[: sizes[0]].reshape(HIDDEN, n_in) / width
    return Network(
        w, best.x[sizes[0] : sizes[1]] - w @ centre, best.x[sizes[1] : sizes[2]], float(best.x[-1])
    )


def area(score: Floats, label: Floats) -> float:
    """Return the area under efficiency over acceptance: the chance that a signal scores above an electron."""
    order = np.argsort(score, kind="stable")
    rank = np.empty(len(score))
    rank[order] = np.arange(1, len(score) + 1)
    n = label.sum()
    return float((rank[label > 0].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))


def efficiency(score: Floats, label: Floats) -> float:
    """Return the share of signals above a cut that keeps all but ``SAFE_SHARE`` of the electrons below it."""
    return float((score[label > 0] > np.quantile(score[label == 0], 1.0 - SAFE_SHARE)).mean())


def separation(score: Floats, label: Floats) -> float:
    """Return the distance of the means in standard deviations, those of both classes added in quadrature."""
    one, other = score[label > 0], score[label == 0]
    return float((one.mean() - other.mean()) / np.sqrt(0.5 * (one.var() + other.var())))


def report(name: str, sample: Pulses, score: Floats, labels: list[float]) -> None:
    """Print how a discriminator does at every energy and over all."""
    for k, energy in enumerate(labels):
        own = sample.probe == k
        here, label = score[own], sample.label[own]
        sigma = f", {separation(here, label):.2f} sigma" if name == "gatti" else ""
        print(f"{name:>15} {energy:5.2f} MeV: efficiency {efficiency(here, label):.4f} at {1 - SAFE_SHARE:.0%} of "
              f"the electrons, area {area(here, label):.4f}{sigma}")  # fmt: skip
    print(
        f"{name:>15} all: efficiency {efficiency(score, sample.label):.4f}, area {area(score, sample.label):.4f}"
    )


def rows_of(name: str, network: Network) -> list[str]:
    """Return the rows of a network in the table."""

    def row(unit: int, output: float, bias: float, weight: Floats) -> str:
        return ",".join([name, str(unit), *(f"{value:.7g}" for value in (output, bias, *weight))])

    hidden = [row(k, network.output_weight[k], network.bias[k], network.weight[k]) for k in range(HIDDEN)]
    return [*hidden, row(OUTPUT_UNIT, 0.0, network.output_bias, np.zeros(len(FEATURES)))]


def write(path: Path, lines: list[str]) -> None:
    """Write a table and renew its checksum."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    print(f"wrote {path.name}")


def profile(sample: Pulses, label: float) -> Floats:
    """Return the mean share of hits by bin."""
    return np.asarray(sample.features[sample.label == label, :N_BINS].mean(axis=0))


def main() -> None:
    """Make the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("card", nargs="?", default="phase2", help="card whose detector is trained for")
    parser.add_argument(
        "--events", type=int, default=3000, help="of each class and energy; half as many are tested"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=data_folder(), help="folder for the tables")
    arguments = parser.parse_args()
    made: dict[tuple[str, str], Pulses] = {}
    with tempfile.TemporaryDirectory() as name:
        for part, seed in SEEDS.items():
            card = read_card(arguments.card, [*OVERRIDES, f"run.seed={seed}"])
            kb = card.section("detector", DetectorConfig).quenching.kb_alpha_cm_mev
            alphas = [kinetic("alpha", v, kb) for v in ALPHA_VISIBLE_MEV]
            events = arguments.events if part == "train" else arguments.events // 2
            rest = (events, Path(name), arguments.workers)
            made[ALPHA_NETWORK, part] = pulses(card, "alpha", alphas, ALPHA_RADIUS_M, *rest)
            made[POSITRON_NETWORK, part] = pulses(
                card, "positron", list(POSITRON_MEV), POSITRON_RADIUS_M, *rest
            )
            print(f"simulated and reconstructed: {part}")
    trained = {name: train(made[name, "train"], SEEDS["train"]) for name in (ALPHA_NETWORK, POSITRON_NETWORK)}
    profiles = made[ALPHA_NETWORK, "train"]
    alpha, electron = profile(profiles, 1.0), profile(profiles, 0.0)
    test = made[ALPHA_NETWORK, "test"]
    report("gatti", test, gatti(test.features, gatti_weights(alpha, electron)), list(ALPHA_VISIBLE_MEV))
    for name, labels in ((ALPHA_NETWORK, ALPHA_VISIBLE_MEV), (POSITRON_NETWORK, POSITRON_MEV)):
        before = made[name, "train"]
        score = network_scores(before.features, trained[name])
        print(f"{name:>15} on its training sample: area {area(score, before.label):.4f}")
        test = made[name, "test"]
        report(name, test, network_scores(test.features, trained[name]), list(labels))
    source = (
        f"# source: this program, version {program_version()}, card {arguments.card}: {arguments.events} events of each "
        f"particle at {len(ALPHA_VISIBLE_MEV)} visible energies from {ALPHA_VISIBLE_MEV[0]} to {ALPHA_VISIBLE_MEV[-1]} MeV "
        f"within {ALPHA_RADIUS_M} m (alphas, electrons), at {len(POSITRON_MEV)} kinetic energies from {POSITRON_MEV[0]} to "
        f"{POSITRON_MEV[-1]} MeV within {POSITRON_RADIUS_M} m (positrons, electrons of as much light)"
    )
    caveat = "# caveats: make it again when the light transport, the clustering or the vertex fit change"
    shapes = zip(pairwise(EDGES_NS), alpha, electron, strict=True)
    write(arguments.out / f"{PROFILES_TABLE}.csv", [
        "# title: Mean time profiles of clusters of alphas and electrons", source,
        "# units: from_ns, to_ns residual of a hit (time less emission time and time of flight); alpha, electron mean share "
        "of the hits", "# made_by: scripts/make_pulse_shapes.py", caveat,
        "from_ns,to_ns,alpha,electron", *(f"{low},{high},{a:.7g},{b:.7g}" for (low, high), a, b in shapes),
    ])  # fmt: skip
    write(arguments.out / f"{NETWORKS_TABLE}.csv", [
        "# title: Networks that tell alphas, and positrons, from electrons", source,
        "# units: weights of the features named by the columns (hits as shares, moments in ns); unit -1 is the output's bias",
        "# made_by: scripts/make_pulse_shapes.py", caveat,
        ",".join(("network", "unit", "output", "bias", *FEATURES)),
        *(row for name, network in trained.items() for row in rows_of(name, network)),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
