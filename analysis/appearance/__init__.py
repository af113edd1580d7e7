"""The search for solar antineutrinos: from candidates to limits on appearance and moment times field."""
