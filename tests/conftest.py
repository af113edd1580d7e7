"""Fixtures for all rooms: kernels compiled against plain, and a toy detector with toy event files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from scipy.spatial import cKDTree

from sim.core import rootio, schema
from sim.core.geometry import PMT_RADIUS_M, Photomultipliers, build_photomultipliers

settings.register_profile("compiled", deadline=None)  # the first call of a kernel compiles it
settings.load_profile("compiled")


@pytest.fixture(autouse=True, scope="session")
def _own_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep computed tables of the tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELIOSPIN_CACHE", str(tmp_path_factory.mktemp("tables")))
        yield


TOY_SLOWNESS_NS_M = 1.68 / 0.299792458
TOY_EMISSION = ((0.889, 0.055, 0.027, 0.029), (3.7, 24.0, 60.0, 600.0))
TOY_SPREAD_NS = 1.3
TOY_START_NS = 2000.0
TOY_GATE_NS = 16_000.0
TOY_DARK_HZ = 700.0
TOY_EPOCH_NS = 1_323_820_800_000_000_000  # 2011-12-14


@pytest.fixture
def compiled_equals_plain() -> Callable[..., Any]:
    """Run a kernel compiled and as plain Python on copies of the same arguments; assert the same results.

    Arrays that the kernel writes into are compared too. Returns the compiled result.
    """

    def copied(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, tuple):
            parts = [copied(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        return value

    def same(a: Any, b: Any, rtol: float) -> None:
        if isinstance(a, tuple):
            assert len(a) == len(b)
            for one, other in zip(a, b, strict=True):
                same(one, other, rtol)
        elif a is not None:
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=1e-300)

    def check(kernel: Any, *args: Any, rtol: float = 1e-9) -> Any:
        compiled_args, plain_args = copied(args), copied(args)
        compiled, plain = kernel(*compiled_args), kernel.py_func(*plain_args)
        same(compiled, plain, rtol)
        same(compiled_args, plain_args, rtol)
        return compiled

    return check


class ToyHits(NamedTuple):
    """Hits of toy gates, flat, not sorted, and the true vertices (n_gates, 3)."""

    time_ns: np.ndarray
    pmt: np.ndarray
    charge_pe: np.ndarray
    offsets: np.ndarray
    vertex_m: np.ndarray


class ToyMuons(NamedTuple):
    """Muons of a toy file: UTC, and 1 for those through the scintillator."""

    time_ns: np.ndarray
    inner: np.ndarray


class ToyDetector:
    """Isotropic light, straight flight, no absorption: independent of the simulation's code."""

    def __init__(self, n_live: int = 1575, n_charge_live: int = 1450) -> None:
        self.tubes: Photomultipliers = build_photomultipliers(n_live, n_charge_live, 7)
        self.positions = np.column_stack([self.tubes.x_m, self.tubes.y_m, self.tubes.z_m])
        self._nearest = cKDTree(self.positions)

    def light(
        self, rng: np.random.Generator, vertex: np.ndarray, photons: int, start_ns: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return time and tube of the photoelectrons on live tubes (photons: mean on 2212 of them)."""
        n = rng.poisson(photons)
        cos, phi = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
        sin = np.sqrt(1 - cos**2)
        ray = np.column_stack([sin * np.cos(phi), sin * np.sin(phi), cos])
        along = ray @ vertex
        ray *= (-along + np.sqrt(along**2 + PMT_RADIUS_M**2 - vertex @ vertex))[:, None]
        tube = self._nearest.query(vertex + ray)[1]
        distance = np.linalg.norm(self.positions[tube] - vertex, axis=1)
        weight, tau = TOY_EMISSION
        emission = rng.exponential(np.array(tau)[rng.choice(len(tau), n, p=weight)])
        time = start_ns + emission + distance * TOY_SLOWNESS_NS_M + rng.normal(0, TOY_SPREAD_NS, n)
        seen = self.tubes.live[tube]
        return time[seen], tube[seen]

    def dark(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return time and tube of the dark hits of a gate."""
        live = np.flatnonzero(self.tubes.live)
        n = rng.poisson(TOY_DARK_HZ * len(live) * TOY_GATE_NS * 1e-9)
        return rng.uniform(0, TOY_GATE_NS, n), rng.choice(live, n)

    @staticmethod
    def read_out(
        rng: np.random.Generator, time: np.ndarray, tube: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the hits: charge of 80 ns summed, dead to 140 ns, above 0.2 p.e., in random order."""
        order = np.lexsort((time, tube))
        time, tube = time[order], tube[order]
        charge = np.maximum(rng.normal(1.0, 0.35, len(time)), 0.05)
        keep = np.ones(len(time), bool)
        head = 0
        for i in range(1, len(time)):
            since = time[i] - time[head]
            if tube[i] != tube[head] or since >= 140.0:
                head = i
            else:
                keep[i] = False
                charge[head] += charge[i] * (since < 80.0)
        keep &= charge > 0.2
        shuffled = rng.permutation(np.flatnonzero(keep))
        return time[shuffled], tube[shuffled], charge[shuffled]

    def gates(
        self,
        rng: np.random.Generator,
        vertices: np.ndarray,
        photons: int,
        second: tuple[float, int] | None = None,
    ) -> ToyHits:
        """Return one gate a vertex; ``second`` adds a pulse (delay in ns, photons) at the centre."""
        nothing = np.zeros(0)
        parts = [(nothing, nothing, nothing)]
        for vertex in vertices:
            pulses = [self.light(rng, vertex, photons, TOY_START_NS), self.dark(rng)]
            if second is not None:
                pulses.append(self.light(rng, np.zeros(3), second[1], TOY_START_NS + second[0]))
            time, tube = (np.concatenate(column) for column in zip(*pulses, strict=True))
            parts.append(self.read_out(rng, time, tube))
        time, tube, charge = (np.concatenate(column) for column in zip(*parts, strict=True))
        offsets = np.cumsum([len(part[0]) for part in parts])
        return ToyHits(
            time.astype(np.float32), tube.astype(np.uint16), charge.astype(np.float32), offsets, vertices
        )

    def write(
        self,
        path: Path,
        toy: ToyHits,
        *,
        runs: tuple[int, ...] = (1,),
        with_truth: bool = True,
        kind: rootio.Format = "ttree",
        gate_time_ns: np.ndarray | None = None,
        weight: np.ndarray | None = None,
        muons: ToyMuons | None = None,
    ) -> Path:
        """Write toy gates as an events file with truth, runs, pmts and a run record.

        With several ``runs`` the same gates are written once a run, as in a file joined from several. Gates
        come every 10 ms and have weight 1 where nothing else is said; all are in one block of a day.
        """
        trees = tuple(t for t in schema.EVENT_TREES if with_truth or t is not schema.TRUTH)
        n = len(toy.offsets) - 1
        muons = muons or ToyMuons(np.zeros(0, np.int64), np.zeros(0, np.uint8))
        gate = {
            "gate_time_ns": TOY_EPOCH_NS + 10_000_000 * np.arange(n)
            if gate_time_ns is None
            else gate_time_ns,
            "weight": np.ones(n) if weight is None else weight,
        }
        with rootio.create(path, trees, kind) as writer:
            for run in runs:
                identity = {"run": np.full(n, run), "block": np.zeros(n), "event_id": np.arange(n)}
                jagged = {
                    "hit_time_ns": toy.time_ns,
                    "hit_pmt": toy.pmt,
                    "hit_charge_pe": toy.charge_pe,
                    "hit_primary": np.full(len(toy.time_ns), 0 if with_truth else -1),
                }
                writer.extend("events", identity | gate, np.diff(toy.offsets), jagged)
                if with_truth:
                    truth = {c.name: np.zeros(n) for c in schema.TRUTH.columns}
                    truth |= identity | dict(zip(("x_m", "y_m", "z_m"), toy.vertex_m.T, strict=True))
                    writer.extend("truth", truth)
                block = {c.name: np.zeros(1) for c in schema.RUNS.columns}
                block |= {
                    "run": np.array([run]),
                    "live_time_s": np.array([86400.0]),
                    "n_gates": np.array([n]),
                    "n_muons_inner": np.array([(muons.inner != 0).sum()]),
                    "n_muons_outer": np.array([(muons.inner == 0).sum()]),
                }
                writer.extend("runs", block)
                of_run = {"run": np.full(len(muons.inner), run), "block": np.zeros(len(muons.inner))}
                writer.extend("muons", of_run | muons._asdict())
                writer.extend("pmts", self.tubes._asdict())
            writer.record({"program": "heliospin", "step": "simulate", "card": {"reconstruction": {}}})
        return path


@pytest.fixture(scope="session")
def toy_detector() -> ToyDetector:
    return ToyDetector()


@pytest.fixture(scope="session")
def toy_muons() -> type[ToyMuons]:
    return ToyMuons


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20170926)


@pytest.fixture(scope="session")
def points_in_sphere() -> Callable[[np.random.Generator, int, float], np.ndarray]:
    """Draw n uniform points in a sphere: float64 (n, 3)."""

    def draw(rng: np.random.Generator, n: int, radius_m: float) -> np.ndarray:
        direction = rng.normal(size=(n, 3))
        direction /= np.linalg.norm(direction, axis=1)[:, None]
        return direction * radius_m * rng.uniform(0, 1, n)[:, None] ** (1 / 3)

    return draw
