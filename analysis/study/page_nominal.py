"""The part of the study's page about the nominal detector."""

from analysis.study.html import change, fold, image, name, table, with_error
from analysis.study.sample import probe_label
from analysis.study.study import Study


def nominal_section(study: Study, images: dict[str, str]) -> str:
    """Return the check of the nominal detector: truth against reconstruction."""
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
            name(probe_label(study.probes[v.probe])),
            f"{v.n:,}",
            f"{100 * v.found:.2f}",
            change(100 * v.radial_bias_m, 100 * v.radial_bias_error_m, stacked=False).lstrip("!"),
            with_error(100 * v.sigma_m, 100 * v.sigma_error_m),
            f"{v.pull:.2f}",
        ]
        for v in closure.vertex
    ]
    head = ["events", "used", "with a cluster<br><small>%</small>", "offset outwards<br><small>cm</small>",
            "&sigma; of a coordinate<br><small>cm</small>", "pull"]  # fmt: skip
    return (
        f"<p>{used} Electrons with a vertex in the fiducial volume over those truly in it: "
        f"{closure.acceptance:.4f}.</p>"
        + image(images, "closure_energy", "Mean and resolution of the estimators over visible energy")
        + '<p class="note">Above: electrons in the fiducial volume. Below: the same over the response that '
        "was calibrated for the simulation, from 0.1 to 1.6 MeV.</p>"
        + image(images, "closure_radius", "Light and vertex over the true radius")
        + '<p class="note">Left: light of events on shells over that at the centre. Middle: how far vertices '
        "are pulled outwards (at the centre: upwards). Right: width of one coordinate.</p>"
        + fold(
            "Vertices by kind of event",
            table(
                head,
                rows,
                "At the centre, the offset is along z; pull: width of (found &minus; true)/uncertainty",
            ),
        )
    )
