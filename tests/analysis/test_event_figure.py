"""The picture of a gate: tubes where they are, colours of the right hits, vertices in their direction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.display.view import read_event
from analysis.plots.event import event_figure, event_numbers
from analysis.plots.event_map import PRIMARY_COLOURS, direction_rad, hit_tubes, species_label
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from tests.event_files import GATES, write_events


@pytest.fixture(scope="module")
def view(toy_detector, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "events.root"
    write_events(path, toy_detector)
    reconstruct(path, path.with_name("reco.root"), ReconConfig())
    return read_event(path, GATES)  # two pulses


@given(st.floats(-np.pi, np.pi), st.floats(-1.57, 1.57), st.floats(0.1, 10.0))
def test_direction_of_a_point(azimuth, elevation, r):
    x, y = r * np.cos(elevation) * np.cos(azimuth), r * np.cos(elevation) * np.sin(azimuth)
    found = direction_rad(x, y, r * np.sin(elevation))
    assert np.cos(found[0] - azimuth) == pytest.approx(1.0, abs=1e-9)
    assert found[1] == pytest.approx(elevation, abs=1e-9)


def test_direction_of_the_centre():
    assert direction_rad(0.0, 0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("cluster", [0, 1])
def test_hit_tubes_sum_and_first(view, cluster):
    span = view.span(cluster)
    inside = span.holds(view.hits.time_ns)
    found = hit_tubes(view, span)
    assert found.charge_pe.sum() == pytest.approx(view.hits.charge_pe[inside].sum())
    for pmt, first, charge in zip(*found, strict=True):
        mine = inside & (view.hits.pmt == pmt)
        assert first == view.hits.time_ns[mine].min() - span.start_ns >= 0.0
        assert charge == pytest.approx(view.hits.charge_pe[mine].sum())


@pytest.mark.parametrize(("name", "label"), [("210Po", "$^{210}$Po"), ("geo-238U", "geo-$^{238}$U"), ("pp", "pp"), ("13N-EC", "$^{13}$N-EC")])  # fmt: skip
def test_species_labels(name, label):
    assert species_label(name) == label


def _lines(axes):
    return {line.get_label().split(" in cluster")[0]: line for line in axes.lines}


@pytest.mark.parametrize("cluster", [0, 1])
def test_the_map(view, cluster):
    span = view.span(cluster)
    figure = event_figure(view, span, "time")
    sky, bar, whole, zoom, text = figure.axes
    marks = _lines(sky)
    found = hit_tubes(view, span)
    hit = np.isin(np.arange(len(view.tubes.live)), found.pmt)
    assert len(marks["live, no hit"].get_xdata()) == (view.tubes.live & ~hit).sum()
    assert len(marks["dead"].get_xdata()) == (~view.tubes.live).sum()
    points = next(c for c in sky.collections if c.get_array() is not None)
    assert np.array_equal(points.get_array(), found.first_ns)
    place = direction_rad(view.tubes.x_m[found.pmt], view.tubes.y_m[found.pmt], view.tubes.z_m[found.pmt])
    assert np.allclose(points.get_offsets(), np.column_stack(place))
    assert bar.get_ylabel() == f"First hit after the start of cluster {cluster} [ns]"
    # the cluster's own primary, and the reconstructed vertex, in their directions
    true, reco = view.primaries[cluster], view.clusters[cluster]
    ring = next(line for name, line in marks.items() if name.startswith("truth"))
    assert f"(primary {cluster})" in ring.get_label()
    assert np.allclose(ring.get_xydata()[0], direction_rad(true.x_m, true.y_m, true.z_m))
    cross = next(line for name, line in marks.items() if name.startswith("reconstructed"))
    assert np.allclose(cross.get_xydata()[0], direction_rad(reco.x_m, reco.y_m, reco.z_m))
    away = np.linalg.norm([reco.x_m - true.x_m, reco.y_m - true.y_m, reco.z_m - true.z_m])
    assert f"{100 * away:.0f} cm from the truth" in cross.get_label()
    assert whole.get_xlabel().endswith(r"[$\mu$s]")
    assert zoom.get_xlabel() == f"Time since the start of cluster {cluster} [ns]"
    assert whole.get_yscale() == zoom.get_yscale() == "log"
    shaded = [patch for patch in whole.patches if patch.get_label() == "clusters"]
    assert len(shaded) == 1
    words = text.texts[0].get_text()
    for word in (
        "event_id",
        "UTC",
        "210Po",
        "14C",
        "N_h",
        "N_p",
        "charge",
        f"cluster {cluster} (on the map)",
    ):
        assert word in words


def test_profiles_hold_every_hit(view):
    figure = event_figure(view, view.span())
    counts = figure.axes[2].patches[0].get_data().values
    assert counts.sum() == len(view.hits.time_ns)
    curve = next(p for p in figure.axes[3].patches if (p.get_label() or "").startswith("truth"))
    mine = view.hits.primary == view.primaries[0].number
    assert curve.get_data().values.sum() == mine.sum()
    import matplotlib.colors

    assert matplotlib.colors.to_hex(curve.get_edgecolor()) == PRIMARY_COLOURS[0].lower()


def test_charge_is_shown_where_it_is_read(view):
    span = view.span()
    sky, bar, *_ = event_figure(view, span, "charge").axes
    found = hit_tubes(view, span)
    known = view.tubes.charge_live[found.pmt]
    points = next(c for c in sky.collections if c.get_array() is not None)
    assert np.array_equal(points.get_array(), found.charge_pe[known])
    assert len(_lines(sky)["hit, charge not read"].get_xdata()) == (~known).sum() > 0
    assert bar.get_ylabel() == "Charge in cluster 0 [p.e.]"


def test_numbers_beside_the_figure(view):
    numbers = event_numbers(view)
    assert (numbers["cluster"] == 0).sum() == view.clusters[0].n_raw_hits
    assert (numbers["cluster"] == 1).sum() == view.clusters[1].n_raw_hits
    assert len({len(column) for column in numbers.values()}) == 1
    top = view.hits.pmt == view.hits.pmt[np.argmax(view.tubes.z_m[view.hits.pmt])]
    assert numbers["elevation_deg"][top].min() == numbers["elevation_deg"].max() > 60.0


def test_a_gate_without_hits_is_drawn(view):
    empty = view._replace(
        hits=type(view.hits)(*(column[:0] for column in view.hits)), clusters=(), primaries=()
    )
    figure = event_figure(empty, empty.span())
    assert "no cluster found" in figure.axes[4].texts[0].get_text()
