"""The parameters of the spectral fit: order, names, units, labels, bounds."""

from typing import NamedTuple

CPD = "cpd/100 t"


class Parameter(NamedTuple):
    """One fit parameter: name, unit, label for figures, start, typical step, bounds, free by default."""

    name: str
    unit: str
    label: str
    start: float
    step: float
    lower: float | None
    upper: float | None
    free: bool = True


def _rate(species: str, label: str, start: float, step: float, *, free: bool = True) -> Parameter:
    return Parameter(f"rate_{species}", CPD, label, start, step, 0.0, None, free)


# The order is the layout of the parameter vector that the compiled model reads.
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("light_yield", "1/MeV", "light yield", 500.0, 5.0, 100.0, 2000.0),
    Parameter("resolution_a", "", "resolution, statistical", 1.3, 0.05, 0.3, 10.0),
    Parameter("yield_variance", "", "relative variance of the light yield", 2.25e-4, 1e-4, 0.0, 0.04),
    Parameter("po210_peak", "", "$^{210}$Po position", 188.0, 0.1, 50.0, 500.0),
    Parameter("po210_width", "", "$^{210}$Po width", 15.0, 0.1, 3.0, 80.0),
    Parameter("c11_start", "MeV", "$^{11}$C start", 0.9, 0.01, 0.5, 1.3),
    _rate("pp", "pp", 131.0, 10.0),
    _rate("7Be", "$^{7}$Be", 48.0, 1.0),
    _rate("14C", "$^{14}$C", 3.456e6, 4e4),
    _rate("85Kr", "$^{85}$Kr", 6.8, 2.0),
    _rate("210Bi", "$^{210}$Bi", 17.5, 2.0),
    _rate("210Po", "$^{210}$Po", 260.0, 1.0),
    _rate("11C", "$^{11}$C", 26.8, 0.3),
    _rate("pile_up", "pile-up", 137.5, 3.0),
    _rate("ext_k40_bi214", "external $^{40}$K, $^{214}$Bi", 1.5, 0.3),
    _rate("ext_tl208", "external $^{208}$Tl", 1.4, 0.2),
    _rate("pep", "pep", 2.74, 0.3, free=False),
    _rate("CNO", "CNO", 4.92, 1.0, free=False),
    _rate("8B", "$^{8}$B", 0.45, 0.1, free=False),
    Parameter("gain_skew", "", "skewness of the light yield", 0.0, 0.1, -5.0, 5.0, free=False),
    Parameter("mu_squared", "1e-22 mu_B^2", r"$\mu_\nu^2$", 0.0, 3.0, 0.0, None, free=False),
)
NAMES: tuple[str, ...] = tuple(p.name for p in PARAMETERS)
INDEX: dict[str, int] = {name: i for i, name in enumerate(NAMES)}

LIGHT_YIELD, RESOLUTION_A, YIELD_VARIANCE = 0, 1, 2
PO210_PEAK, PO210_WIDTH, C11_START = 3, 4, 5
RATE_PO210 = INDEX["rate_210Po"]
GAIN_SKEW = INDEX["gain_skew"]
MU_SQUARED = INDEX["mu_squared"]
SOLAR_RATES: tuple[str, ...] = ("pp", "7Be", "pep", "CNO", "8B")
# What the Borexino rate called by the first name contains, as components of the solar model.
SOLAR_MEMBERS: dict[str, tuple[str, ...]] = {
    "pp": ("pp",),
    "7Be": ("7Be",),
    "pep": ("pep",),
    "CNO": ("13N", "15O", "17F", "13N-EC", "15O-EC", "17F-EC"),
    "8B": ("8B", "hep"),
}


def parameter(name: str) -> Parameter:
    """Return the parameter of that name; KeyError for an unknown one."""
    return PARAMETERS[INDEX[name]]
