"""One gate in words: the lines beside its picture, also for the console."""

import numpy as np

from analysis.display.clusters import NO_RECO, Cluster
from analysis.display.truth import Primary
from analysis.display.view import EventView, Span

_MOST_PRIMARIES = 5
_MOST_CLUSTERS = 3
WIDTH = 50  # characters a line where space is short


def utc_text(time_ns: int) -> str:
    """Return a time since 1970-01-01 in ns as date and time of day."""
    return str(np.datetime64(time_ns, "ns")).replace("T", " ") + " UTC"


def by_hits(view: EventView, span: Span) -> list[Primary]:
    """Return the primaries with hits in a span, the one with most hits in the gate first."""
    inside = set(view.hits.primary[span.holds(view.hits.time_ns)].tolist())
    return sorted(
        (one for one in view.primaries or () if one.number in inside),
        key=lambda one: one.n_hits,
        reverse=True,
    )


def radius_m(point: Primary | Cluster) -> float:
    """Return the distance of a vertex from the detector's centre."""
    return float(np.linalg.norm([point.x_m, point.y_m, point.z_m]))


def distance_m(one: Primary | Cluster, other: Primary | Cluster) -> float:
    """Return the distance of two vertices."""
    return float(np.linalg.norm([one.x_m - other.x_m, one.y_m - other.y_m, one.z_m - other.z_m]))


def event_text(view: EventView, span: Span) -> list[tuple[str, list[str]]]:
    """Return the blocks of text: title and lines of gate, truth and reconstruction."""
    return [
        (f"Event {view.entry} of {view.n_entries:,} (counted from 0)", _gate(view)),
        ("Truth", _truth(view)),
        ("Reconstruction", _reco(view, span)),
    ]


def _gate(view: EventView) -> list[str]:
    tubes, hits = view.tubes, view.hits
    lines = [
        f"run {view.run}, block {view.block}, event_id {view.event_id}",
        utc_text(view.gate_time_ns),
        f"{len(hits.time_ns):,} hits on {len(np.unique(hits.pmt)):,} tubes, {hits.charge_pe.sum():,.1f} p.e.",
        f"{tubes.live.sum():,} of {len(tubes.live):,} tubes live, {tubes.charge_live.sum():,} with charge",
    ]
    return lines if view.weight == 1.0 else [*lines, f"weight {view.weight:.4g}"]


def _truth(view: EventView) -> list[str]:
    if view.primaries is None:
        return ["not in this file"]
    lines = []
    shown = sorted(view.primaries, key=lambda one: one.n_hits, reverse=True)[:_MOST_PRIMARIES]
    for one in shown:
        process = one.process.replace("_", " ")
        neutrino = f"E_nu = {one.neutrino_mev:.4g}, " if one.neutrino_mev > 0.0 else ""
        lines += [
            f"primary {one.number}: {one.species}, {process} at {one.time_ns:,.0f} ns",
            f"  {neutrino}T = {one.energy_mev:.4g}, visible {one.visible_mev:.4g} MeV",
            f"  {one.n_hits} hits, {_vertex(one)}",
        ]
    if len(view.primaries) > len(shown):
        lines.append(f"and {len(view.primaries) - len(shown)} primaries with fewer hits")
    for partner in view.partners:
        where = f"event_id {partner.event_id}" if partner.event_id >= 0 else "no gate"
        when = f"{abs(partner.delay_us):.1f} us {'later' if partner.delay_us > 0 else 'earlier'}"
        lines.append(f"its {partner.process.replace('_', ' ')}, {when}: {where}")
    dark = int((view.hits.primary < 0).sum())
    stray = len(view.hits.primary) - dark - sum(one.n_hits for one in view.primaries)
    if stray > 0:
        lines.append(f"{stray} hits of primaries of a gate before")
    return [*lines, f"dark noise: {dark} hits"]


def _vertex(point: Primary | Cluster) -> str:
    return f"({point.x_m:.2f}, {point.y_m:.2f}, {point.z_m:.2f}) m, r = {radius_m(point):.2f} m"


def _reco(view: EventView, span: Span) -> list[str]:
    if view.clusters is None and view.reco_note == NO_RECO:
        return [f"{NO_RECO}; make it with", f"  heliospin reconstruct {view.path.name} -o reco.root"]
    if view.clusters is None:
        return [view.reco_note]
    if not view.clusters:
        return [view.reco_note, "no cluster found in this gate"]
    lines = [view.reco_note]
    for one in view.clusters[:_MOST_CLUSTERS]:
        shown = " (on the map)" if len(view.clusters) > 1 and one == span.cluster else ""
        lines.append(f"cluster {one.number}{shown}: {one.n_raw_hits} hits")
        lines.append(f"  at {one.start_ns:,.1f} ns, {one.duration_ns:,.1f} ns long")
        if one == span.cluster:
            lines += _estimators(one)
        lines.append(f"  {_vertex(one)}" if one.valid else "  vertex fit did not converge")
        if one.valid:
            passed = [word for word, yes in (("fiducial", one.fiducial), ("selected", one.selected)) if yes]
            state = " and ".join(passed) if passed else "outside the fiducial volume"
            lines += [f"  +- {100.0 * one.sigma_m:.1f} cm a coordinate", f"  {state}"]
    if len(view.clusters) > _MOST_CLUSTERS:
        lines.append(f"and {len(view.clusters) - _MOST_CLUSTERS} later clusters")
    return lines


def _estimators(cluster: Cluster) -> list[str]:
    """Return the nine estimators as a table."""
    lines = ["  for 2000 channels      all   230 ns   400 ns"]
    for label, stem, unit in (
        ("N_h hits", "nh", ""),
        ("N_p tubes", "np", ""),
        ("charge p.e.", "charge", "_pe"),
    ):
        values = (cluster.estimators[f"{stem}{part}{unit}"] for part in ("", "_230", "_400"))
        lines.append(f"  {label:16s}" + "".join(f"{value:9.1f}" for value in values))
    return lines
