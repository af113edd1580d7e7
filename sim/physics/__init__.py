"""Pure physics: no random numbers, no files; shared by the simulation and the fit."""
