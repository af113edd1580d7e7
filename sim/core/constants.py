"""Every physical constant of the project, once, with its source.

Units of the project: energies in MeV, times in ns, lengths in m, unless the name says otherwise.
Sources: [CODATA18] Tiesinga et al. 2021; [PDG22] Review of Particle Physics 2022; [IAU15]
resolutions; see docs/references.md.
"""

import math

# -- particles and couplings
ELECTRON_MASS_MEV = 0.51099895000  # [CODATA18]
PROTON_MASS_MEV = 938.27208816  # [CODATA18]
NEUTRON_MASS_MEV = 939.56542052  # [CODATA18]
ALPHA_EM = 7.2973525693e-3  # [CODATA18] fine-structure constant
FERMI_MEV2 = 1.1663788e-11  # [CODATA18] G_F/(hbar c)^3 in MeV^-2
HBARC_MEV_FM = 197.3269804  # [CODATA18]
HBARC_MEV_CM = HBARC_MEV_FM * 1e-13
HBARC_EV_KM = HBARC_MEV_FM * 1e-12  # 1 eV = 1/HBARC_EV_KM per km
AVOGADRO = 6.02214076e23  # [CODATA18] exact
BOHR_MAGNETON_EV_G = 5.7883818060e-9  # [CODATA18] eV/G
SPEED_OF_LIGHT_M_NS = 0.299792458  # exact
CLASSICAL_ELECTRON_RADIUS_CM = ALPHA_EM * HBARC_MEV_CM / ELECTRON_MASS_MEV  # 2.8179e-13 cm

# -- electroweak values of the nu-e cross section
SIN2_THETA_W_MSBAR = 0.2317  # Bahcall, Kamionkowski, Sirlin 1995 [BKS95] (value used there)
RHO_NC = 1.0126  # [BKS95]
SIN2_THETA_W_LOW = 0.2387  # [PDG22] MS-bar value at zero momentum transfer, for tree-level couplings

# -- matter potentials: V = sqrt(2) G_F N_A n with n in mol/cm3
MATTER_POTENTIAL_EV = math.sqrt(2.0) * FERMI_MEV2 * HBARC_MEV_CM**3 * AVOGADRO * 1e6  # 7.6325e-14 eV

# -- Sun, Earth
SOLAR_RADIUS_KM = 6.957e5  # [IAU15] nominal solar radius
EARTH_RADIUS_KM = 6371.0  # [PREM] mean radius
ORBIT_ECCENTRICITY = 0.0167086  # [IAU] J2000

# -- time
SECONDS_PER_DAY = 86400.0
DAYS_PER_YEAR = 365.25  # Julian year

# -- detector material: pseudocumene C9H12
SCINTILLATOR_DENSITY_G_CM3 = 0.8774  # at 15 C, Borexino geometry constants, see docs/references.md [BX-G4]
ELECTRONS_PER_100T = 3.307e31  # 66 electrons per C9H12 (120.19 g/mol); the value of the Phase-II analyses
FREE_PROTONS_PER_100T = 6.01e30  # 12 hydrogens per C9H12
