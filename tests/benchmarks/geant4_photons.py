"""Our photons against Geant4's: the same spheres, discs and constants in both; a script, not a test.

    python tests/benchmarks/geant4_photons.py [photons a position] [seed]

Needs the Python bindings ``geant4_pybind`` (module of that name, none of its data sets); without them it says so
and stops. Geometry: scintillator, two nylon films, buffer, reflecting steel, 2212 absorbing discs at the concentrators'
mouths that see light with the tabulated efficiency. Both start the same number of isotropic photons of the PPO
spectrum at one instant. Printed: the part that is seen, mean and width of its times and wavelengths, and photons a second
on one thread (Geant4 without any call into Python).
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.core.constants import HBARC_MEV_FM
from sim.core.geometry import build_photomultipliers
from sim.core.primaries import empty_primaries, point_deposits
from sim.detector.config import DetectorConfig, EmissionConfig
from sim.detector.optical.config import CherenkovConfig, OpticalConfig, SpheresConfig, TubesConfig
from sim.detector.optical.emission import emission_distribution
from sim.detector.optical.media import (
    FIRST_NM,
    N_BINS,
    REEMITS,
    SCATTERS,
    film_depth,
    refractive_index,
    wavelengths,
)
from sim.detector.optical.model import OpticalDetector, photon_key

RADII_M = (0.0, 2.0, 3.5, 4.1)
FILM_M = 125e-6
MOUTH_M, MOUTHS_AT_M = 0.1566, 6.329
EV_NM = 2.0 * np.pi * HBARC_MEV_FM  # h c: 1239.84 eV nm, the same figure as in MeV fm


class Seen(NamedTuple):
    """Photons that were seen, of a number that was born."""

    born: int
    time_ns: np.ndarray
    wavelength_nm: np.ndarray


def configs() -> tuple[DetectorConfig, OpticalConfig]:
    """Return our side: discs that take all angles, equal tubes, light at one instant."""
    detector = DetectorConfig(emission=EmissionConfig(enabled=False))
    optical = OpticalConfig(
        spheres=SpheresConfig(tubes_m=MOUTHS_AT_M),
        tubes=TubesConfig(
            relative_qe_sigma=0.0,
            mouth_m=MOUTH_M,
            cathode_m=MOUTH_M,
            ring_m=MOUTH_M,
            curvature_m=10.0,
            length_m=1e-6,
            cone_reflectivity=1.0,
            cutoff_width_deg=0.001,
            ring_reflectivity=0.0,
        ),
        cherenkov=CherenkovConfig(enabled=False),
    )
    return detector, optical


def discs():
    """Return 2212 live tubes, each with a mouth."""
    pmts = build_photomultipliers(2212, 2212, 1)
    return pmts._replace(concentrator=np.ones(2212, bool))


def ours(n: int, seed: int) -> tuple[list[Seen], float]:
    """Track n photons from each radius; return what was seen and photons a second."""
    detector = OpticalDetector.build(*configs()[:1], discs(), configs()[1])
    detector.track(photon_key(seed, 0), _deposit(detector, 100, 0.0))
    out, spent, born = [], 0.0, 0
    for block, radius in enumerate(RADII_M):
        begin = time.process_time()
        light = detector.track(photon_key(seed, block), _deposit(detector, n, radius))
        spent += time.process_time() - begin
        made = sum(light.fates.values())
        born += made
        out.append(Seen(made, light.photoelectrons.time_ns, light.photoelectrons.wavelength_nm))
    return out, born / spent


def _deposit(detector: OpticalDetector, n: int, radius: float):
    parts = max(n // 20_000, 1)
    primaries = empty_primaries(parts)
    primaries.x_m[:] = radius
    return point_deposits(primaries, 0, np.full(parts, n / parts / detector.photons_per_mev))


def load_geant4(folder: str):
    """Return the bindings, or None where there are none.

    The question about data sets is answered with no; the list of excited nuclei, which Geant4 insists on and
    photons do not need, is an empty file in ``folder``.
    """
    (Path(folder) / "ENSDFSTATE.dat").touch()
    os.environ.setdefault("G4ENSDFSTATEDATA", folder)
    read, write = os.pipe()
    os.write(write, b"n\n")
    os.dup2(read, 0)
    try:
        import geant4_pybind
    except ImportError:
        return None
    return geant4_pybind


def geant4(g4, n: int, seed: int) -> tuple[list[Seen], float]:
    """The same in Geant4."""
    nm = wavelengths()[::-1]
    energy = g4.G4doubleVector((EV_NM / nm * g4.eV).tolist())
    _, optical = configs()
    world = OpticalDetector.build(*configs()[:1], discs(), optical).world
    rows = world.media.reshape(2, N_BINS, -1)[:, ::-1].astype(float)
    relative = (world.tubes.by_bin[::-1] * world.tubes.by_tube[0]).astype(float)

    def properties(**columns):
        table = g4.G4MaterialPropertiesTable()
        for name, values in columns.items():
            table.AddProperty(name, energy, g4.G4doubleVector(np.broadcast_to(values, nm.shape).tolist()))
        return table

    def liquid(name, row, re_emits):
        material = g4.G4Material(name, 0.88 * g4.g / g4.cm3, 2)
        material.AddElement(g4.G4Element("C" + name, "C", 6.0, 12.011 * g4.g / g4.mole), 9)
        material.AddElement(g4.G4Element("H" + name, "H", 1.0, 1.008 * g4.g / g4.mole), 12)
        given_back = row[:, REEMITS] - row[:, SCATTERS]
        lost = np.maximum(1.0 - row[:, SCATTERS] - given_back, 1e-12)
        columns = {
            "RINDEX": refractive_index(nm)[0],
            "RAYLEIGH": g4.m / np.maximum(row[:, 0] * row[:, SCATTERS], 1e-12),
            "ABSLENGTH": g4.m / (row[:, 0] * lost),
        }
        if re_emits:
            edges = FIRST_NM + np.arange(N_BINS + 1.0)
            density = np.diff(emission_distribution(optical.scintillation, edges))[::-1] * nm**2
            columns |= {
                "WLSABSLENGTH": g4.m / np.maximum(row[:, 0] * given_back, 1e-12),
                "WLSCOMPONENT": density / density.max(),
            }
        table = properties(**columns)
        if re_emits:
            table.AddConstProperty("WLSTIMECONSTANT", optical.reemission.ppo_delay_ns * g4.ns)
        material.SetMaterialPropertiesTable(table)
        return material

    def surface(name, reflectivity, spike, efficiency):
        out = g4.G4OpticalSurface(name)
        out.SetType(g4.dielectric_metal)
        out.SetModel(g4.unified)
        out.SetFinish(g4.ground)
        out.SetSigmaAlpha(0.0)
        out.SetMaterialPropertiesTable(
            properties(
                REFLECTIVITY=reflectivity,
                EFFICIENCY=efficiency,
                SPECULARSPIKECONSTANT=spike,
                SPECULARLOBECONSTANT=0.0,
                BACKSCATTERCONSTANT=0.0,
            )
        )
        return out

    class Detector(g4.G4VUserDetectorConstruction):
        def Construct(self):
            scintillator, buffer = liquid("scint", rows[0], True), liquid("buffer", rows[1], False)
            nylon = g4.G4Material("nylon", 1.13 * g4.g / g4.cm3, 1)
            nylon.AddElement(g4.G4Element("Cn", "C", 6.0, 12.011 * g4.g / g4.mole), 1)
            depth = film_depth(optical)[::-1].astype(float)
            nylon.SetMaterialPropertiesTable(
                properties(RINDEX=refractive_index(nm)[0], ABSLENGTH=FILM_M * g4.m / depth)
            )
            steel = g4.G4Material("steel", 8.0 * g4.g / g4.cm3, 1)
            steel.AddElement(g4.G4Element("Fe", "Fe", 26.0, 55.85 * g4.g / g4.mole), 1)
            self.keep = [scintillator, buffer, nylon, steel]
            spheres = optical.spheres

            def place(name, radius, material, mother):
                logical = g4.G4LogicalVolume(g4.G4Orb(name, radius * g4.m), material, name)
                physical = g4.G4PVPlacement(None, g4.G4ThreeVector(), logical, name, mother, False, 0)
                self.keep += [logical, physical]
                return logical, physical

            hall, hall_place = place("hall", 7.5, steel, None)
            tank, tank_place = place("tank", spheres.steel_m, buffer, hall)
            shroud, _ = place("shroud", spheres.shroud_m, nylon, tank)
            inside, _ = place("inside", spheres.shroud_m - FILM_M, buffer, shroud)
            vessel, _ = place("vessel", spheres.vessel_m, nylon, inside)
            place("scintillator", spheres.vessel_m - FILM_M, scintillator, vessel)
            wall = surface("wall", optical.steel.reflectivity, optical.steel.specular, 0.0)
            self.keep += [wall, g4.G4LogicalBorderSurface("wall", tank_place, hall_place, wall)]
            disc = g4.G4LogicalVolume(
                g4.G4Tubs("disc", 0.0, MOUTH_M * g4.m, 0.5 * g4.mm, 0.0, 2 * np.pi), steel, "disc"
            )
            cathode = surface("cathode", 0.0, 0.0, relative)
            self.keep += [disc, cathode, g4.G4LogicalSkinSurface("cathode", disc, cathode)]
            for number, axis in enumerate(world.layout.axis):
                turned = g4.G4RotationMatrix()
                turned.rotateY(np.arccos(axis[2]))
                turned.rotateZ(np.arctan2(axis[1], axis[0]))
                where = g4.G4ThreeVector(*(axis * (MOUTHS_AT_M * g4.m + 0.5 * g4.mm)))
                transform = g4.G4Transform3D(turned, where)
                self.keep.append(g4.G4PVPlacement(transform, disc, "disc", tank, False, number))
            return hall_place

    class Physics(g4.G4VModularPhysicsList):
        def __init__(self):
            super().__init__()
            self.optics = g4.G4OpticalPhysics()
            self.RegisterPhysics(self.optics)

        def ConstructParticle(self):
            for particle in (
                g4.G4OpticalPhoton,
                g4.G4Geantino,
                g4.G4Gamma,
                g4.G4Electron,
                g4.G4Positron,
                g4.G4Proton,
            ):
                particle.Definition()

        def SetCuts(self):
            pass

    class Source(g4.G4VUserPrimaryGeneratorAction):
        def __init__(self):
            super().__init__()
            self.gps = g4.G4GeneralParticleSource()

        def GeneratePrimaries(self, event):
            self.gps.GeneratePrimaryVertex(event)

    class Watch(g4.G4UserTrackingAction):
        def __init__(self):
            super().__init__()
            self.time_ns, self.energy = [], []

        def PostUserTrackingAction(self, track):
            step = track.GetStep()
            after = step.GetPostStepPoint()
            if step.GetTotalEnergyDeposit() > 0.0 and after.GetStepStatus() == g4.fGeomBoundary:
                before = step.GetPreStepPoint()
                if (
                    after.GetPosition().dot(after.GetPosition() - before.GetPosition()) > 0.0
                ):  # not from behind
                    self.time_ns.append(after.GetGlobalTime() / g4.ns)
                    self.energy.append(step.GetTotalEnergyDeposit() / g4.eV)

    manager = g4.G4RunManager()
    manager.SetVerboseLevel(0)
    construction, physics = Detector(), Physics()
    manager.SetUserInitialization(construction)
    manager.SetUserInitialization(physics)
    source = Source()  # not before the physics is there
    manager.SetUserAction(source)
    command = g4.G4UImanager.GetUIpointer().ApplyCommand
    for line in (
        "/process/optical/processActivation Cerenkov false",
        "/process/optical/processActivation Scintillation false",
    ):
        command(line)
    manager.Initialize()
    command("/process/optical/wls/setTimeProfile exponential")
    g4.G4Random.setTheSeed(seed)
    at_once = min(n, 20_000)
    for line in (
        "/gps/particle opticalphoton",
        "/gps/pos/type Point",
        "/gps/ang/type iso",
        "/gps/ene/type User",
        "/gps/hist/type energy",
        f"/gps/number {at_once}",
    ):
        command(line)
    edges = EV_NM / (FIRST_NM + np.arange(N_BINS, -1, -1.0))
    content = np.diff(emission_distribution(optical.scintillation, EV_NM / edges[::-1]))[::-1]
    command(f"/gps/hist/point {edges[0] * 1e-6:.9e} 0")
    for edge, value in zip(edges[1:], content, strict=True):
        command(f"/gps/hist/point {edge * 1e-6:.9e} {max(value, 0.0):.6e}")

    def run():
        manager.BeamOn(n // at_once)

    command("/gps/pos/centre 0 0 0 m")
    manager.BeamOn(1)  # tables, navigation voxels
    spent = 0.0
    for radius in RADII_M:
        command(f"/gps/pos/centre {radius} 0 0 m")
        begin = time.process_time()
        run()
        spent += time.process_time() - begin
    watch = Watch()
    manager.SetUserAction(watch)
    out = []
    for radius in RADII_M:
        watch.time_ns, watch.energy = [], []
        command(f"/gps/pos/centre {radius} 0 0 m")
        run()
        out.append(Seen(n, np.array(watch.time_ns), EV_NM / np.array(watch.energy)))
    return out, len(RADII_M) * n / spent


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    mine, my_speed = ours(n, seed)
    with tempfile.TemporaryDirectory() as folder:
        g4 = load_geant4(folder)
        if g4 is None:
            print(
                f"ours: {my_speed:.3g} photons/s; Geant4 (module geant4_pybind) is not installed, no comparison"
            )
            return 0
        theirs, their_speed = geant4(g4, n, seed)
    print(f"{'r (m)':>6} {'':>8} {'seen (%)':>16} {'time (ns)':>16} {'width (ns)':>11} {'wave (nm)':>16}")
    for radius, one, other in zip(RADII_M, mine, theirs, strict=True):
        for name, seen in (("ours", one), ("Geant4", other)):
            k = len(seen.time_ns)
            late = np.std(seen.time_ns)
            print(
                f"{radius:6.1f} {name:>8} {100 * k / seen.born:8.3f} +- {100 * k**0.5 / seen.born:.3f}"
                f" {seen.time_ns.mean():9.2f} +- {late / k**0.5:.2f} {late:11.2f}"
                f" {seen.wavelength_nm.mean():9.2f} +- {seen.wavelength_nm.std() / k**0.5:.2f}"
            )
        edges = np.arange(0.0, 200.0, 5.0)
        a, b = (np.histogram(seen.time_ns, edges)[0] for seen in (one, other))
        used = a + b > 30
        ratio = one.born / other.born
        chi2 = np.sum((a - ratio * b)[used] ** 2 / (a + ratio**2 * b)[used])
        more = len(one.time_ns) / len(other.time_ns) / ratio
        error = more * (1 / len(one.time_ns) + 1 / len(other.time_ns)) ** 0.5
        print(
            f"{'':15} seen, ours / Geant4: {more:.4f} +- {error:.4f}; "
            f"times in 5 ns bins: chi2 {chi2:.0f} for {used.sum()} bins"
        )
    print(
        f"photons/s on one thread: ours {my_speed:.3g}, Geant4 {their_speed:.3g}, ratio {my_speed / their_speed:.0f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
