"""A small classifier: one hidden layer of tanh units and a logistic output, weights from a packaged table."""

from typing import NamedTuple

import numpy as np

from recon.hits import Floats
from sim.core.errors import TableError
from sim.core.jit import njit
from sim.core.tables import Table

OUTPUT_UNIT = -1  # the row that holds the output's own bias


class Network(NamedTuple):
    """Weights; the scale of the inputs is folded into the hidden layer.

    score = logistic(output_bias + sum_h output_weight[h] tanh(bias[h] + sum_k weight[h, k] input[k])).
    """

    weight: Floats  # (hidden, inputs)
    bias: Floats  # (hidden,)
    output_weight: Floats  # (hidden,)
    output_bias: float


@njit
def _scores(inputs: Floats, network: Network, out: Floats) -> None:
    for row in range(inputs.shape[0]):
        total = network.output_bias
        for unit in range(network.weight.shape[0]):
            field = network.bias[unit]
            for k in range(network.weight.shape[1]):
                field += network.weight[unit, k] * inputs[row, k]
            total += network.output_weight[unit] * np.tanh(field)
        # both branches avoid overflow; NaN goes through
        out[row] = 1.0 / (1.0 + np.exp(-total)) if not total < 0.0 else np.exp(total) / (1.0 + np.exp(total))


def network_scores(inputs: Floats, network: Network) -> Floats:
    """Return the score of every row in [0, 1], float64 (n,); NaN where an input is NaN.

    Parameters
    ----------
    inputs : float64 (n, inputs).
    network : as many inputs.
    """
    out = np.empty(len(inputs))
    _scores(inputs, network, out)
    return out


def read_network(table: Table, name: str, inputs: tuple[str, ...]) -> Network:
    """Return a network of a table.

    The table has one row a hidden unit: ``network`` (its name), ``unit``, ``output`` (weight in the output),
    ``bias`` and one column an input; unit -1 holds the bias of the output.

    Raises
    ------
    TableError
        No such network, no output bias, or inputs that are not those of this program.
    """
    found = tuple(column for column in table.columns if column not in ("network", "unit", "output", "bias"))
    if found != inputs:
        msg = f"{table.name}: made for the inputs {', '.join(found)}; expected {', '.join(inputs)}"
        raise TableError(msg)
    own = table.text("network") == name
    hidden = own & (table.numbers("unit") != OUTPUT_UNIT)
    last = np.flatnonzero(own & ~hidden)
    if len(last) != 1 or not hidden.any():
        found_units = f"{int(hidden.sum())} hidden units and {len(last)} output biases"
        msg = f"{table.name}: network {name!r} has {found_units}, expected some and one"
        raise TableError(msg)
    weight = np.stack([table.numbers(column)[hidden] for column in inputs], axis=1)
    return Network(
        np.ascontiguousarray(weight),
        table.numbers("bias")[hidden],
        table.numbers("output")[hidden],
        float(table.numbers("bias")[last[0]]),
    )
