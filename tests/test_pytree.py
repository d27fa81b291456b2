"""Pytrees: JAX's rules on optree."""

import collections
import dataclasses

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import tree_util as tu
from functorch_lite.errors import PytreeError


def test_none_is_an_empty_tree_and_keys_are_sorted():
    leaves, treedef = tu.tree_flatten({"b": [1, None, 2], "a": (3,)})
    assert leaves == [3, 1, 2]
    assert tu.tree_unflatten(treedef, leaves) == {"b": [1, None, 2], "a": (3,)}


def test_namedtuple_ordered_dict_deque():
    point = collections.namedtuple("point", "x y")
    tree = [point(1, 2), collections.OrderedDict(b=3, a=4), collections.deque([5])]
    assert tu.tree_leaves(tree) == [1, 2, 3, 4, 5]
    assert tu.tree_map(lambda v: v, tree) == tree


def test_mismatch_names_both_structures():
    with pytest.raises(PytreeError, match="do not match"):
        tu.tree_map(lambda a, b: a, (1, 2), (1, [2, 3], 4))


def test_paths():
    paths = [tu.keystr(p) for p, _ in tu.tree_leaves_with_path({"w": [1, (2,)]})]
    assert paths == ["['w'][0]", "['w'][1][0]"]
    assert tu.tree_map_with_path(lambda p, x: len(p) * x, {"a": 2}) == {"a": 2}


def test_transpose_reduce_all():
    outer, inner = tu.tree_structure((0, 0)), tu.tree_structure({"a": 0, "b": 0})
    out = tu.tree_transpose(outer, inner, ({"a": 1, "b": 2}, {"a": 3, "b": 4}))
    assert out == {"a": (1, 3), "b": (2, 4)}
    with pytest.raises(PytreeError):
        tu.tree_transpose(outer, inner, (1, 2, 3))
    assert tu.tree_all([True, 1]) and not tu.tree_all([True, 0])
    assert tu.all_leaves([1, 2]) and not tu.all_leaves([1, (2,)])


def test_registered_class_goes_through_transforms():
    @tu.register_pytree_node_class
    class Pair:
        def __init__(self, x, tag):
            self.x, self.tag = x, tag

        def tree_flatten(self):
            return (self.x,), self.tag

        @classmethod
        def tree_unflatten(cls, tag, children):
            return cls(*children, tag)

    g = fl.grad(lambda p: p.x**2)(Pair(3.0, "t"))
    assert type(g) is Pair and float(g.x) == 6.0 and g.tag == "t"
    assert fl.jit(lambda p: Pair(p.x + 1, p.tag))(Pair(np.ones(2), "u")).tag == "u"


def test_dataclass_with_static_field():
    @tu.register_dataclass
    @dataclasses.dataclass(frozen=True)
    class State:
        x: float
        n: int = dataclasses.field(metadata={"static": True})

    out = fl.jit(lambda s: State(s.x * s.n, s.n))(State(np.ones(2), 3))
    np.testing.assert_array_equal(out.x, 3 * np.ones(2))
    with pytest.raises(TypeError, match="dataclass"):
        tu.register_dataclass(int)


def test_partial_is_a_tree():
    p = tu.Partial(lambda a, b: a * b, 3.0)
    assert float(fl.grad(lambda f: f(2.0))(p).args[0]) == 2.0


def test_broadcast_prefix():
    assert tu.tree_broadcast_prefix((0, {"a": None}), ([1, 2], {"a": (3, 4)})) == [0, 0, None, None]
    with pytest.raises(PytreeError, match="prefix"):
        tu.tree_broadcast_prefix((0, 1, 2), (1, 2))


def test_paths_of_registered_classes_read_like_python():
    @tu.register_dataclass
    @dataclasses.dataclass
    class Layer:
        weight: object
        extra: dict

    layer = Layer(np.ones(2), {"k": 1})
    assert [tu.keystr(p) for p, _ in tu.tree_leaves_with_path([layer])] == [
        "[0].weight",
        "[0].extra['k']",
    ]
    with pytest.raises(TypeError, match=r"argument 0\.extra\['k'\] of"):
        fl.grad(lambda layer: 0.0)(layer)


def test_classes_with_keys_and_static_classes():
    @tu.register_pytree_with_keys_class
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

        def tree_flatten_with_keys(self):
            return [(tu.GetAttrKey("a"), self.a), ("b", self.b)], None

        @classmethod
        def tree_unflatten(cls, aux, children):
            return cls(*children)

    @tu.register_static
    @dataclasses.dataclass(frozen=True)
    class Config:
        depth: int

    assert [tu.keystr(p) for p, _ in tu.tree_leaves_with_path(Pair(1, 2))] == [".a", "['b']"]
    f = fl.jit(lambda x, c: x * c.depth)
    assert float(f(2.0, Config(3))) == 6.0 and float(f(2.0, Config(4))) == 8.0


def test_short_names_are_the_same_functions():
    assert fl.tree.map is tu.tree_map and fl.tree.leaves is tu.tree_leaves
    assert fl.tree.broadcast((1, 2), ([0, 0], 0)) == ([1, 1], 2)
