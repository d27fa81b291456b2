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


TREES = [
    {"b": [1, None, (2,)], "a": {}},
    (collections.OrderedDict(z=1, a=[2]), collections.defaultdict(int, {"k": 3})),
    [collections.namedtuple("point", "x y")(1, [2]), ()],
    5,
]


@pytest.mark.peer
@pytest.mark.parametrize("tree", TREES, ids=range(len(TREES)))
def test_paths_and_levels_are_those_of_jax(tree):
    jtu = pytest.importorskip("jax").tree_util
    for ours, theirs in zip(
        tu.tree_leaves_with_path(tree), jtu.tree_leaves_with_path(tree), strict=True
    ):
        assert ours[1] == theirs[1] and repr(ours[0]) == repr(theirs[0])
        assert tu.keystr(ours[0]) == jtu.keystr(theirs[0])
        assert tu.keystr(ours[0], simple=True, separator="/") == jtu.keystr(
            theirs[0], simple=True, separator="/"
        )
    assert tu.is_tree_node(type(tree)) == jtu.is_tree_node(type(tree))
    if tu.is_tree_node(type(tree)):
        ours, theirs = tu.flatten_one_level_with_keys(tree), jtu.flatten_one_level_with_keys(tree)
        assert repr(list(ours[0])) == repr(list(theirs[0]))
        assert list(tu.flatten_one_level(tree)[0]) == list(jtu.flatten_one_level(tree)[0])
    mine, other = tu.tree_structure(tree), jtu.tree_structure(tree)
    assert tu.treedef_is_leaf(mine) == jtu.treedef_is_leaf(other)
    assert len(tu.treedef_children(mine)) == len(jtu.treedef_children(other))


@pytest.mark.peer
def test_every_name_of_jax_is_here():
    jax = pytest.importorskip("jax")
    public = (
        {n for n in jax.tree_util.__all__ if hasattr(jax.tree_util, n)}
        if hasattr(jax.tree_util, "__all__")
        else {n for n in dir(jax.tree_util) if not n.startswith("_")}
    )
    # The registry is an object of jaxlib; what it does is `flatten_one_level`.
    assert public - {"default_registry"} <= set(tu.__all__)
    assert {n for n in dir(jax.tree) if not n.startswith("_")} <= set(fl.tree.__all__)


def test_a_leaf_predicate_may_ask_for_the_path():
    tree = {"a": [1, None, (2, 3)], "b": {"keep": [4, 5]}}
    stop = lambda path, x: tu.keystr(path).endswith("'keep']") or x is None  # noqa: E731
    pairs = tu.tree_leaves_with_path(tree, is_leaf=stop, is_leaf_takes_path=True)
    assert [x for _, x in pairs] == [1, None, 2, 3, [4, 5]]
    out = fl.tree.map_with_path(lambda p, x: len(p), tree, is_leaf=stop, is_leaf_takes_path=True)
    assert out == {"a": [2, 2, (3, 3)], "b": {"keep": 2}}


def test_registrations_name_their_children():
    class Plain:
        def __init__(self, *parts):
            self.parts = parts

    class Keyed(Plain):
        pass

    tu.register_pytree_node(Plain, lambda p: (p.parts, None), lambda _, c: Plain(*c))
    tu.register_pytree_node(
        Keyed,
        lambda p: (p.parts, None),
        lambda _, c: Keyed(*c),
        lambda p: ([(tu.DictKey(f"k{i}"), c) for i, c in enumerate(p.parts)], None),
    )
    paths = [p for p, _ in tu.tree_leaves_with_path((Plain(1, 2), Keyed(3)))]
    assert paths[1] == (tu.SequenceKey(0), tu.FlattenedIndexKey(1))
    assert tu.keystr(paths[1]) == "[0][<flat index 1>]" and tu.keystr(paths[2]) == "[1]['k0']"


def test_dropped_fields_and_declared_static_fields():
    @dataclasses.dataclass
    class Layer:
        w: object
        cache: object = None
        kind: str = fl.tree.static(default="relu")

    tu.register_dataclass(Layer, drop_fields=["cache"])
    layer = fl.tree.map(lambda x: 2 * x, Layer(1.0, cache=object()))
    assert layer.w == 2.0 and layer.kind == "relu" and layer.cache is None


def test_transpose_finds_the_inner_structure():
    outer = tu.tree_structure({"a": 0, "b": 0})
    assert tu.tree_transpose(outer, None, {"a": [1, 2], "b": [3, 4]}) == [
        {"a": 1, "b": 3},
        {"a": 2, "b": 4},
    ]
    with pytest.raises(PytreeError):
        tu.tree_transpose(tu.tree_structure([]), None, [])
    with pytest.raises(PytreeError):
        tu.tree_transpose(outer, tu.tree_structure([0]), {"a": [1, 2], "b": [3, 4]})


def test_reductions_take_leaf_predicates_and_starts():
    assert tu.tree_reduce(lambda a, b: a + b, [1, 2], 10) == 13
    pair = lambda x: isinstance(x, tuple)  # noqa: E731
    assert tu.tree_reduce(lambda a, b: a + b, [(1,), (2,)], is_leaf=pair) == (1, 2)
    assert (
        tu.tree_reduce_associative(lambda a, b: a - b, [8, 4, 2, 1, 5]) == ((8 - 4) - (2 - 1)) - 5
    )
    assert tu.tree_reduce_associative(lambda a, b: a, [], identity=7) == 7
    with pytest.raises(TypeError, match="identity"):
        tu.tree_reduce_associative(lambda a, b: a, [])
    assert tu.all_leaves([(1,)], is_leaf=pair) and tu.tree_all([0], is_leaf=lambda x: x == [0])


def test_broadcast_gives_a_tree_and_complains():
    assert fl.tree.broadcast((1, 2), ([0, 0], {"a": 0})) == ([1, 1], {"a": 2})
    with pytest.raises(PytreeError, match="prefix"):
        fl.tree.broadcast((1, 2), [0, 0])
    joined = tu.treedef_tuple([tu.tree_structure([0]), tu.tree_structure(0)])
    assert joined == tu.tree_structure(([0], 0))


def test_modules_can_be_imported_by_name():
    from functorch_lite.tree import map as tree_map
    from functorch_lite.tree_util import tree_map as long_name

    assert tree_map is long_name
