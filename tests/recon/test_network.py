import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import network as network_room
from recon.network import Network, network_scores, read_network
from sim.core.errors import TableError
from sim.core.tables import read_table

INPUTS = ("a", "b")
HEAD = "# title: t\n# source: s\n# units: u\n# made_by: m\nnetwork,unit,output,bias,a,b\n"
ROWS = "one,0,1.5,0.1,2,-1\none,1,-0.5,0,0.25,3\none,-1,0,-0.2,0,0\ntwo,0,1,0,1,1\ntwo,-1,0,0,0,0\n"


@pytest.fixture
def network():
    rng = np.random.default_rng(3)
    return Network(rng.normal(size=(5, 4)), rng.normal(size=5), rng.normal(size=5), 0.3)


def table(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, "table")


def test_scores_are_those_of_the_formula(network, compiled_equals_plain):
    x = np.random.default_rng(4).normal(size=(50, 4))
    total = np.tanh(x @ network.weight.T + network.bias) @ network.output_weight + network.output_bias
    np.testing.assert_allclose(network_scores(x, network), 1.0 / (1.0 + np.exp(-total)), rtol=1e-12)
    compiled_equals_plain(network_room._scores, x, network, np.zeros(50))


@given(st.floats(-1e6, 1e6), st.floats(-1e4, 1e4))
def test_a_score_is_a_probability_however_large_the_weights(value, bias):
    net = Network(np.array([[1e3]]), np.zeros(1), np.array([1e4]), bias)
    assert 0.0 <= network_scores(np.array([[value]]), net)[0] <= 1.0


def test_what_is_not_known_has_no_score(network):
    x = np.zeros((2, 4))
    x[1, 2] = np.nan
    score = network_scores(x, network)
    assert np.isfinite(score[0])
    assert np.isnan(score[1])


def test_a_network_is_read_by_its_name(tmp_path):
    found = read_network(table(tmp_path, HEAD + ROWS), "one", INPUTS)
    np.testing.assert_array_equal(found.weight, [[2.0, -1.0], [0.25, 3.0]])
    np.testing.assert_array_equal(found.bias, [0.1, 0.0])
    np.testing.assert_array_equal(found.output_weight, [1.5, -0.5])
    assert found.output_bias == -0.2


@pytest.mark.parametrize(
    ("text", "name", "inputs", "says"),
    [
        (ROWS, "three", INPUTS, "'three' has 0 hidden units"),
        ("one,0,1,0,1,1\none,1,1,0,1,1\n", "one", INPUTS, "0 output biases"),
        (ROWS, "one", ("a", "c"), "made for the inputs a, b; expected a, c"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, text, name, inputs, says):
    with pytest.raises(TableError, match=says):
        read_network(table(tmp_path, HEAD + text), name, inputs)
