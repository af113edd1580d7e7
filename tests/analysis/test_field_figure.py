import numpy as np
import pytest

from analysis.physics_figures import save_field
from analysis.plots.field import FIELD_RADII, Region, field_figure
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model


@pytest.mark.parametrize("profile", ["cosh9", "tachocline", "radiative"])
def test_the_figure_shows_strength_kinks_and_births(profile, tmp_path):
    field = solar_field(profile, peak_kg=50.0, twist_rad_per_rsun=5.0)
    conversion = Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig())
    written = save_field(field, conversion, tmp_path / "field.png")
    assert [path.name for path in written] == ["field.png", "field.pdf", "field.csv"]
    numbers = np.genfromtxt(written[2], delimiter=",", names=True)
    np.testing.assert_allclose(numbers["field_kg"], field.at(FIELD_RADII), rtol=1e-9)
    assert np.trapezoid(numbers["births_8B"], numbers["radius_rsun"]) == pytest.approx(1.0, rel=1e-3)
    x = np.array([0.0, 0.1, 0.2])
    axes = field_figure(field, [Region("8B", x, np.array([0.0, 9.0, 0.0]))]).axes[0]
    assert "[kG]" in axes.get_ylabel()
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    core = float(field.at(np.array([0.05]))[0])
    assert any(text.startswith("peak 50 kG") for text in texts)
    assert any(text.startswith(f"{core:.3g} kG at") for text in texts)
    assert any("twist 5" in text for text in texts)
    assert any("births of" in text for text in texts)
    kinks = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in kinks] == pytest.approx(list(field.kinks))


def test_a_random_field_is_named():
    field = solar_field("linear", peak_kg=2.0, correlation_km=300.0)
    axes = field_figure(field).axes[0]
    assert "Root mean square" in axes.get_ylabel()
    assert "300 km" in axes.get_legend().get_texts()[0].get_text()
    assert field_figure(solar_field("linear", peak_kg=0.0)).axes[0].get_ylim()[1] > 0.0
