"""The columns of a table and their roles: children x, parents a and co-parents c of the class y, from lists of names or
from a causal graph (cama_graph_roles)."""
from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import low
from .data import Floats, Variable
from .validate import Array, check_resolution, is_frame, is_missing, numbers_of, rows_of

SIDES = {"child": 0, "parent": 1, "co_parent": 2}


def edges_of(graph: Any) -> list[tuple[Any, Any]]:
    """Edges (cause, effect) of a networkx DiGraph, or of pairs."""
    if hasattr(graph, "is_directed") and not graph.is_directed():
        raise ValueError("graph: expected a directed graph, got one without directions")
    edges = [tuple(edge) for edge in (graph.edges() if hasattr(graph, "edges") else graph)]
    for edge in edges:
        if len(edge) != 2:
            raise ValueError(f"graph: expected edges (cause, effect), got {edge!r}")
    return edges


class GraphRoles(NamedTuple):
    """Roles by name, in the order of the edges, and, of the target and the co-parents of which do() is not answered,
    the variable because of which (cama_graph_roles)."""

    roles: dict[Any, tuple[str, ...]]
    confounders: dict[Any, Any]


def roles_of_graph(graph: Any, target: str, hidden: Sequence[Any] = ()) -> GraphRoles:
    """The target's children, its parents, and the other causes of its children; `hidden` are not observed.

    >>> roles_of_graph([("season", "y"), ("y", "sensor"), ("light", "sensor"), ("light", "other")], "y").roles
    {'season': ('parent',), 'sensor': ('child',), 'light': ('co_parent',)}
    """
    edges = edges_of(graph)
    nodes = list(dict.fromkeys(node for edge in edges for node in edge))
    if target not in nodes:
        raise ValueError(f"graph: expected an edge of the target {target!r}, got a graph without it (target= names it)")
    place = {node: index for index, node in enumerate(nodes)}
    unseen = {str(each) for each in hidden}
    causes, effects = (np.array([place[edge[end]] for edge in edges], np.int32) for end in (0, 1))
    roles, confounders = (np.zeros(len(nodes), np.int32) for _ in range(2))
    low.graph_roles(len(nodes), len(edges), causes, effects, place[target],
                    np.array([str(node) in unseen for node in nodes], np.int32), roles, confounders)
    bits = {role: 1 << low.CONSTANTS["CAMA_ROLE_" + role.upper()] for role in SIDES}
    return GraphRoles({node: tuple(role for role, bit in bits.items() if roles[index] & bit)
                       for index, node in enumerate(nodes) if roles[index]},
                      {node: nodes[confounders[index]] for index, node in enumerate(nodes) if confounders[index] >= 0})


class Wanted(NamedTuple):
    """What the user said about the columns."""

    parents: Sequence[Any] | None = None
    co_parents: Sequence[Any] | None = None
    graph: Any = None
    ignore: Sequence[Any] | None = None
    categorical: Sequence[Any] | None = None
    binary: Sequence[Any] | None = None


def _places(given: Iterable[Any] | None, names: list[str], what: str) -> list[int]:
    """Columns by name or by number."""
    found = []
    if isinstance(given, str):
        raise ValueError(f"{what}: expected a list of columns, got the text {given!r}")
    for each in given or ():
        if isinstance(each, (int, np.integer)) and not isinstance(each, bool) and -len(names) <= each < len(names):
            found.append(int(each) % len(names))
        elif str(each) in names:
            found.append(names.index(str(each)))
        else:
            raise ValueError(f"{what}: expected columns among {names[:20]}, got {each!r}")
    return found


def _listed(wanted: Wanted, names: list[str]) -> dict[int, tuple[str, ...]]:
    """The roles of each column that has some, from the lists; a column may be parent and co-parent."""
    ignored = set(_places(wanted.ignore, names, "ignore"))
    parents = _places(wanted.parents, names, "parents")
    co_parents = _places(wanted.co_parents, names, "co_parents")
    return {index: tuple(role for role, listed in (("parent", parents), ("co_parent", co_parents)) if index in listed)
            or ("child",) for index in range(len(names)) if index not in ignored}


def _drawn(wanted: Wanted, names: list[str], target: str) -> tuple[dict[int, tuple[str, ...]], dict[str, str]]:
    """(the same from the graph, its confounders by name)."""
    if wanted.parents is not None or wanted.co_parents is not None:
        raise ValueError("expected roles from graph, or from parents and co_parents, got both")
    found, roles = roles_of_graph(wanted.graph, target, wanted.ignore or ()), {}
    for name, each in found.roles.items():
        if str(name) not in names:
            raise ValueError(f"graph: expected a column {name!r}, which the graph has (ignore= leaves it out), got "
                             f"{names[:20]}")
        roles[names.index(str(name))] = each
    return roles, {str(name): str(why) for name, why in found.confounders.items()}


def _level(value: Any) -> str:
    """The name of a categorical value: 2.0 and 2 are the same level."""
    if isinstance(value, (float, np.floating)) and value == int(value):
        value = int(value)
    return str(value)


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


class Layout:
    """How the columns of X become x, a and c."""

    def __init__(self, variables: list[Variable], columns: list[int], n_features: int, left_out: list[str],
                 confounders: dict[str, str]) -> None:
        self.variables, self.columns, self.n_features, self.left_out = variables, columns, n_features, left_out
        self.confounders = confounders
        self.widths = [sum(each.width for each in variables if each.role == role) for role in SIDES]

    @classmethod
    def learn(cls, X: Any, names: list[str], wanted: Wanted, target: str) -> Layout:
        """The layout of the training data."""
        roles, confounders = (_listed(wanted, names), {}) if wanted.graph is None else _drawn(wanted, names, target)
        categorical = set(_places(wanted.categorical, names, "categorical"))
        if is_frame(X):
            categorical.update(index for index, kind in enumerate(X.dtypes) if str(kind) == "category")
        binary = set(_places(wanted.binary, names, "binary"))
        variables, columns, constant = [], [], []
        for index in sorted(roles):
            values = column_of(X, index)
            if "child" not in roles[index] and not _varies(values):
                constant.append(names[index])
                continue
            kind, levels = _kind(values, index in categorical, index in binary, names[index])
            variables += [Variable(names[index], role, kind, levels) for role in roles[index]]
            columns += [index] * len(roles[index])
        if constant:
            warnings.warn("parents and co-parents that never vary are left out, they are what m stands for: "
                          f"{constant}", stacklevel=4)
        if not any(each.role == "child" for each in variables):
            raise ValueError("expected at least one child of y, an effect of the class, among the columns, got none")
        used = set(columns)
        left_out = [name for index, name in enumerate(names) if index not in used]
        return cls(variables, columns, len(names), left_out, confounders)

    @property
    def plain(self) -> bool:
        """Whether x is X itself."""
        return self.columns == list(range(self.n_features)) and all(
            each.role == "child" and each.kind == "continuous" for each in self.variables)

    def split(self, X: Any, owner: str, learning: bool = False) -> tuple[Floats, Floats | None, Floats | None]:
        """x (n, D), a (n, A), c (n, P) of the rows of X; a and c None where there are none."""
        if self.plain:
            array = rows_of(X, owner)
            self.check_width(array.shape[1], owner)
            numbers = numbers_of(array, missing=True)
            if learning:
                check_resolution(array, numbers, [each.name for each in self.variables])
            return numbers, None, None
        rows = len(X) if is_frame(X) else len(rows_of(X, owner))
        self.check_width(X.shape[1] if is_frame(X) else np.shape(X)[1], owner)
        made = [np.empty((rows, width), np.float32) for width in self.widths]
        first = [0, 0, 0]
        for each, index in zip(self.variables, self.columns):
            side = SIDES[each.role]
            made[side][:, first[side]:first[side] + each.width] = encoded(column_of(X, index), each, learning)
            first[side] += each.width
        return made[0], made[1] if self.widths[1] else None, made[2] if self.widths[2] else None

    def check_width(self, found: int, owner: str) -> None:
        if found != self.n_features:
            raise ValueError(f"X has {found} features, but {owner} is expecting {self.n_features} features as input.")

    def number_names(self, role: str = "child") -> list[str]:
        """A name for each number of x, a or c: "light", or "colour=red" of a categorical column."""
        return [name for each in self.variables if each.role == role
                for name in ([f"{each.name}={level}" for level in each.levels] or [each.name])]


def column_of(X: Any, index: int) -> Array:
    """A column of a frame or of an array."""
    return np.asarray(X.iloc[:, index]) if is_frame(X) else np.asarray(X)[:, index]


def _varies(values: Array) -> bool:
    return bool(np.any(values != values[0]))


def _kind(values: Array, categorical: bool, binary: bool, name: str) -> tuple[str, tuple[str, ...]]:
    """The kind of a column and the names of its levels: texts and categories are categorical, truth values binary."""
    if binary or values.dtype.kind == "b":
        return "binary", ()
    texts = values.dtype.kind in "OUST" and any(isinstance(value, (str, bytes)) for value in values)
    if not categorical and not texts:
        return "continuous", ()
    if not categorical and all(_is_number(value) for value in values):
        raise ValueError(f"column {name!r} holds numbers as texts, which may be meant as numeric or as categorical: "
                         "convert it, or name it in categorical=")
    known = {value for value in values.tolist() if not is_missing(value)}
    levels = sorted(known, key=lambda value: (str(type(value)), value))
    named = tuple(dict.fromkeys(_level(value) for value in levels))
    if len(named) < 2:
        raise ValueError(f"categorical column {name!r}: expected at least 2 levels, got {list(named)} (ignore= leaves "
                         "it out)")
    return "categorical", named


def encoded(values: Array, variable: Variable, learning: bool = False) -> Floats:
    """The numbers (n, width) of a column's values; NaN where those of a child are missing."""
    what, missing = f"column {variable.name!r}", variable.role == "child"
    if variable.kind != "categorical":
        numbers = numbers_of(values.reshape(-1, 1), what, missing)
        known = np.isin(numbers, (0, 1)) | np.isnan(numbers)
        if variable.kind == "binary" and not known.all():
            row = int(np.argmin(known))
            raise ValueError(f"binary {what}: expected 0 or 1, got {values[row]!r} in row {row}")
        if learning and variable.kind == "continuous":
            check_resolution(values.reshape(-1, 1), numbers, [variable.name])
        return numbers
    places = {level: index for index, level in enumerate(variable.levels)}
    made = np.zeros((len(values), variable.width), np.float32)
    for row, value in enumerate(values.tolist()):
        if missing and is_missing(value):
            made[row] = np.nan
            continue
        place = None if is_missing(value) else places.get(_level(value))
        if place is None:
            raise ValueError(f"categorical {what}: expected a level among {list(variable.levels)[:20]}, got {value!r} "
                             f"in row {row}")
        made[row, place] = 1
    return made
