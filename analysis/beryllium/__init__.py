"""The limit on antineutrinos of the 862 keV line from the recoil spectrum."""
