"""Every tree and column of our files, declared once: name, type, unit, meaning.

The same declarations make the ROOT branches, the JSON schema inside each file and docs/data-model.md.
"""

from typing import Any, NamedTuple

SCHEMA_VERSION = 3

# Species codes of the truth tree. Solar components have the names of the physics, everywhere.
SPECIES: dict[str, int] = {
    "pp": 1,
    "pep": 2,
    "hep": 3,
    "7Be": 4,
    "8B": 5,
    "13N": 6,
    "15O": 7,
    "17F": 8,
    "13N-EC": 9,
    "15O-EC": 10,
    "17F-EC": 11,
    "14C": 20,
    "85Kr": 21,
    "210Bi": 22,
    "210Po": 23,
    "11C": 24,
    "external-40K": 30,  # gammas from the photomultipliers and the steel sphere
    "external-214Bi": 31,
    "external-208Tl": 32,
    "reactor": 50,  # antineutrinos that are not solar
    "geo-238U": 51,
    "geo-232Th": 52,
    "atmospheric": 53,
    "9Li": 54,  # decays with a neutron, after muons
    "8He": 55,
    "alpha-n": 56,
    "single": 57,  # events whose accidental coincidences look like an antineutrino
    "electron": 40,  # monoenergetic calibration sources
    "alpha": 41,
    "gamma": 42,
}

# Processes of the truth tree.
PROCESSES: dict[str, int] = {
    "decay": 1,  # background decay at rest
    "elastic_weak": 2,  # nu-e scattering, weak term
    "elastic_magnetic": 3,  # nu-e scattering, magnetic term
    "calibration": 4,
    "inverse_beta_decay": 5,  # the positron with its annihilation gammas
    "neutron_capture": 6,  # the gamma of a thermal neutron; its family tells where the neutron came from
    "alpha_neutron": 7,  # prompt light of an (alpha, n) reaction
    "single": 8,
}


class Column(NamedTuple):
    """One column: name, NumPy type, unit, meaning; ``group`` names the jagged group it belongs to."""

    name: str
    dtype: str
    unit: str
    meaning: str
    group: str = ""


class Tree(NamedTuple):
    """One tree: name, meaning, columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    def flat(self) -> list[Column]:
        """Return the columns with one value a row."""
        return [column for column in self.columns if not column.group]

    def jagged(self) -> dict[str, list[Column]]:
        """Return the jagged columns by group; their names begin with the group's."""
        groups: dict[str, list[Column]] = {}
        for column in self.columns:
            if column.group:
                groups.setdefault(column.group, []).append(column)
        return groups


_IDENTITY = (
    Column("run", "uint32", "", "run number of the card"),
    Column("block", "uint32", "", "block of live time, counted from 0"),
)

EVENTS = Tree(
    "events",
    "one row a trigger gate",
    (
        *_IDENTITY,
        Column("event_id", "int64", "", "block * 2^24 + gate within the block; unique in a run"),
        Column("gate_time_ns", "int64", "ns", "UTC of the gate's start, since 1970-01-01"),
        Column("weight", "float64", "", "product of the weights of its families; 1 for data"),
        Column("hit_time_ns", "float32", "ns", "time since the gate's start", "hit"),
        Column("hit_pmt", "uint16", "", "photomultiplier, row of tree pmts", "hit"),
        Column("hit_charge_pe", "float32", "p.e.", "charge of the hit", "hit"),
        Column("hit_primary", "int16", "", "truth: primary within the gate, -1 for dark noise", "hit"),
    ),
)

TRUTH = Tree(
    "truth",
    "one row a primary whose light was simulated",
    (
        *_IDENTITY,
        Column("event_id", "int64", "", "gate that holds it, -1 if it opened none"),
        Column("primary", "int16", "", "number within the gate, as in hit_primary"),
        Column("time_ns", "int64", "ns", "UTC of the primary, since 1970-01-01"),
        Column(
            "family", "int32", "", "same number for all primaries of one interaction in a block, -1: alone"
        ),
        Column("species", "uint8", "", "code of the species"),
        Column("process", "uint8", "", "code of the process"),
        Column("pdg_birth", "int32", "", "PDG code of the neutrino at birth, 0 for backgrounds"),
        Column("pdg_detector", "int32", "", "PDG code of the neutrino at the detector, 0 for backgrounds"),
        Column("neutrino_energy_mev", "float64", "MeV", "neutrino energy, 0 for backgrounds"),
        Column("birth_radius_rsun", "float32", "R_sun", "birth radius in the Sun, 0 for backgrounds"),
        Column(
            "energy_mev", "float64", "MeV", "recoil kinetic energy, or kinetic energy of the decay particle"
        ),
        Column("deposited_mev", "float32", "MeV", "energy deposited where it makes light that is seen"),
        Column("visible_mev", "float32", "MeV", "quenched energy, electron equivalent at kB = 0"),
        Column("x_m", "float32", "m", "vertex, detector centre at 0, z up"),
        Column("y_m", "float32", "m", "vertex"),
        Column("z_m", "float32", "m", "vertex"),
        Column("dir_x", "float32", "", "direction of the recoil (unit vector; 0 where none is defined)"),
        Column("dir_y", "float32", "", "direction"),
        Column("dir_z", "float32", "", "direction"),
        Column(
            "n_pe", "int32", "p.e.", "photoelectrons made on live photomultipliers, before the electronics"
        ),
        Column("weight", "float64", "", "weight of the primary; every histogram must respect it"),
    ),
)

RUNS = Tree(
    "runs",
    "one row a block; summed over rows it is the exposure, also after files are joined",
    (
        *_IDENTITY,
        Column("period", "uint16", "", "period of the detector: its photomultipliers are in tree pmts"),
        Column("start_time_ns", "int64", "ns", "UTC of the block's start, since 1970-01-01"),
        Column("live_time_s", "float64", "s", "live time of the block"),
        Column("dead_time_s", "float64", "s", "dead time inside it, already subtracted from live_time_s"),
        Column("n_gates", "int64", "", "gates written"),
        Column("n_muons_inner", "int64", "", "tagged muons through the inner detector, live time"),
        Column("n_muons_outer", "int64", "", "tagged muons through the outer detector alone"),
        *(
            Column(
                f"generated_{name}", "int64", "", f"{name} interactions that were made in the tracked volume"
            )
            for name in SPECIES
        ),
        *(Column(f"kept_{name}", "int64", "", f"{name} interactions in written gates") for name in SPECIES),
    ),
)

PMTS = Tree(
    "pmts",
    "one row a photomultiplier and period: what a reconstruction must know of the detector",
    (
        Column("period", "uint16", "", "period of the detector, as in tree runs: row of the card's history"),
        Column("x_m", "float64", "m", "position of the photocathode"),
        Column("y_m", "float64", "m", "position"),
        Column("z_m", "float64", "m", "position"),
        Column("live", "uint8", "", "1 if its hits are read out"),
        Column("charge_live", "uint8", "", "1 if its charge is usable as well"),
        Column("concentrator", "uint8", "", "1 if it has a light concentrator"),
        Column("gain", "float64", "", "factor on the charge of its hits"),
    ),
)

MUONS = Tree(
    "muons",
    "one row a tagged muon that comes before a written gate by no more than the reach of the vetoes",
    (
        *_IDENTITY,
        Column("time_ns", "int64", "ns", "UTC, since 1970-01-01"),
        Column("inner", "uint8", "", "1 if it crossed scintillator or buffer, 0: outer detector alone"),
    ),
)

NEUTRONS = Tree(
    "neutrons",
    "one row a neutron capture seen after a tagged muon; no truth: places and tracks are as reconstructed",
    (
        *_IDENTITY,
        Column("muon_time_ns", "int64", "ns", "UTC of the muon, since 1970-01-01"),
        Column("time_ns", "int64", "ns", "UTC of the capture, since 1970-01-01"),
        Column("x_m", "float32", "m", "place of the capture"),
        Column("y_m", "float32", "m", "place of the capture"),
        Column("z_m", "float32", "m", "place of the capture"),
        Column("track_x_m", "float32", "m", "point of the muon's track nearest to the detector's centre"),
        Column("track_y_m", "float32", "m", "point of the track"),
        Column("track_z_m", "float32", "m", "point of the track"),
        Column("track_dir_x", "float32", "", "direction of the muon (unit vector)"),
        Column("track_dir_y", "float32", "", "direction"),
        Column("track_dir_z", "float32", "", "direction"),
    ),
)

ESTIMATORS = (
    "nh", "nh_230", "nh_400", "np", "np_230", "np_400", "charge_pe", "charge_230_pe", "charge_400_pe",
)  # fmt: skip

_ESTIMATOR_MEANING = {
    "nh": "hits",
    "np": "distinct photomultipliers hit",
    "charge": "charge",
}


def _estimator(name: str) -> Column:
    kind = name.split("_")[0]
    window = next((f" in the first {part} ns" for part in name.split("_") if part.isdigit()), "")
    unit = "p.e." if kind == "charge" else ""
    return Column(
        name, "float32", unit, f"{_ESTIMATOR_MEANING[kind]} of the cluster{window}, for 2000 channels"
    )


RECO = Tree(
    "reco",
    "one row a cluster of hits; nothing here knows the truth",
    (
        *_IDENTITY,
        Column("event_id", "int64", "", "gate it was found in"),
        Column("cluster", "uint8", "", "cluster within the gate, in time order"),
        Column("n_clusters", "uint8", "", "clusters in the gate"),
        Column("cluster_time_ns", "int64", "ns", "UTC of the cluster's start, since 1970-01-01"),
        Column("start_ns", "float32", "ns", "start within the gate"),
        Column("duration_ns", "float32", "ns", "length of the cluster"),
        Column("n_raw_hits", "int32", "", "hits in the cluster, not normalised"),
        *(_estimator(name) for name in ESTIMATORS),
        Column("x_m", "float32", "m", "vertex"),
        Column("y_m", "float32", "m", "vertex"),
        Column("z_m", "float32", "m", "vertex"),
        Column("vertex_sigma_m", "float32", "m", "uncertainty of a vertex coordinate (mean of the three)"),
        Column("vertex_valid", "uint8", "", "1 if the vertex fit converged"),
        Column(
            "gatti",
            "float32",
            "",
            "pulse shape: mean weight of the hits, alphas > 0 > electrons; NaN without vertex",
        ),
        Column("alpha_score", "float32", "", "pulse shape: 0 electron to 1 alpha; NaN without vertex"),
        Column("positron_score", "float32", "", "pulse shape: 0 electron to 1 positron; NaN without vertex"),
        Column(
            "light_ratio",
            "float32",
            "",
            "light expected at the vertex over that at the centre; divides charges",
        ),
        Column("fiducial", "uint8", "", "1 if the vertex is in the fiducial volume"),
        Column("selected", "uint8", "", "1 if all cuts are passed"),
        Column("muon_free", "uint8", "", "1 if no short veto after a muon covers the cluster"),
        Column("tfc", "uint8", "", "1 if the threefold coincidence tags it as a candidate of 11C"),
        Column("weight", "float64", "", "weight of the gate; every histogram must respect it"),
    ),
)

PAIRS = Tree(
    "pairs",
    "one row a delayed coincidence of two clusters; also those with the delayed window moved in time",
    (
        *_IDENTITY,
        Column("prompt_event_id", "int64", "", "gate of the prompt cluster"),
        Column("prompt_cluster", "uint8", "", "cluster within that gate"),
        Column("delayed_event_id", "int64", "", "gate of the delayed cluster"),
        Column("delayed_cluster", "uint8", "", "cluster within that gate"),
        Column("prompt_time_ns", "int64", "ns", "UTC of the prompt cluster's start, since 1970-01-01"),
        Column("shift", "uint16", "", "0: in time; k: the delayed window moved by k steps"),
        Column("dt_us", "float64", "us", "time from prompt to delayed, less the shift"),
        Column("dr_m", "float32", "m", "distance of the vertices"),
        Column("prompt_charge_pe", "float32", "p.e.", "charge of the prompt cluster, for 2000 channels"),
        Column("delayed_charge_pe", "float32", "p.e.", "charge of the delayed cluster, for 2000 channels"),
        Column("prompt_x_m", "float32", "m", "vertex of the prompt cluster"),
        Column("prompt_y_m", "float32", "m", "vertex of the prompt cluster"),
        Column("prompt_z_m", "float32", "m", "vertex of the prompt cluster"),
        Column("muon_free", "uint8", "", "1 if no muon veto covers the prompt cluster"),
        Column("weight", "float64", "", "smaller weight of the two clusters: a pair is one interaction"),
        Column("selected", "uint8", "", "1 if all cuts of the coincidence are passed"),
    ),
)

EVENT_TREES = (EVENTS, TRUTH, RUNS, PMTS, MUONS, NEUTRONS)
RECO_TREES = (RECO, RUNS, PAIRS)


def describe(trees: tuple[Tree, ...]) -> dict[str, Any]:
    """Return the schema as plain values, for the JSON inside each file."""
    return {
        "schema_version": SCHEMA_VERSION,
        "species": SPECIES,
        "processes": PROCESSES,
        "trees": {
            tree.name: {
                "meaning": tree.meaning,
                "columns": {
                    column.name: {
                        "type": ("var * " if column.group else "") + column.dtype,
                        "unit": column.unit,
                        "meaning": column.meaning,
                    }
                    for column in tree.columns
                },
            }
            for tree in trees
        },
    }
