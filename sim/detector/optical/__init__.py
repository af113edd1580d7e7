"""The detector photon by photon: the `optical` fidelity."""
