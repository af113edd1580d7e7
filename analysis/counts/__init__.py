"""Statistics of few counts: intervals, limits, sensitivities; pure functions of numbers."""
