"""Strongly connected components of a graph, and which of them an execution may stay in for ever."""

from collections.abc import Iterable

import attrs
import numpy as np
import rustworkx

from ackproof.search.graph import Graph
from ackproof.search.index import Flags, Numbers


def components(graph: Graph) -> Numbers:
    """For each state its component, named by the first state in it; most states have one to themselves."""
    component = np.arange(len(graph.rows))
    left = on_cycles(graph)
    states, ends = np.unique(np.stack([graph.source[left], graph.target[left]]), return_inverse=True)
    source, target = ends.reshape(2, -1).tolist()
    rest: rustworkx.PyDiGraph[int, None] = rustworkx.PyDiGraph()
    rest.add_nodes_from(range(len(states)))
    rest.add_edges_from_no_data(list(zip(source, target, strict=True)))
    for members in rustworkx.strongly_connected_components(rest):
        component[states[members]] = states[min(members)]
    return component


def fair_components(graph: Graph, strong: Iterable[int]) -> Numbers:
    """
    The components of *graph* without what no execution passes for ever that is fair to the actions *strong*.

    It is only so many times where one of them is possible that does not happen in the component. What is left of the
    component falls apart into others, of which the same is asked.

    Source: Lichtenstein and Pnueli, Checking that finite state concurrent programs satisfy their linear specification.
    """
    while True:
        component = components(graph)
        is_inside = component[graph.source] == component[graph.target]
        is_left = np.zeros(len(graph.rows), np.bool_)
        for action in strong:
            is_left |= graph.can[action] & ~happening(graph, component, is_inside, action)[component]
        stays = ~(is_inside & (is_left[graph.source] | is_left[graph.target]))
        if stays.all():
            return component
        source, act, target = graph.source[stays], graph.action[stays], graph.target[stays]
        graph = attrs.evolve(graph, source=source, action=act, target=target)


def happening(graph: Graph, component: Numbers, is_inside: Flags, action: int) -> Flags:
    """For the state that names a component, whether *action* happens there."""
    happens = np.zeros(len(graph.rows), np.bool_)
    happens[component[graph.source[is_inside & (graph.action == action)]]] = True
    return happens


def on_cycles(graph: Graph) -> Numbers:
    """
    The places of transitions that may be part of a cycle of several states.

    States without a transition from another one, or to another one, are taken away until there are none of them. What
    brokers and clients do seldom leads back, so little is left.
    """
    left = np.flatnonzero(graph.source != graph.target)
    while True:
        source, target = graph.source[left], graph.target[left]
        is_led_to, leads_on = np.zeros((2, len(graph.rows)), np.bool_)
        is_led_to[target], leads_on[source] = True, True
        stays = is_led_to & leads_on
        keeps = stays[source] & stays[target]
        if keeps.all():
            return left
        left = left[keeps]


def may_be_stayed_in(graph: Graph, component: Numbers, fair: Iterable[int]) -> Flags:
    """
    In which states an execution may be that stays in their component for ever, and is fair to the actions *fair*.

    It may if each of these actions is impossible somewhere in the component, or has a transition inside: then an
    execution can go round and pass all these places. If not, no part of the component will do either, for it has no
    more places than the whole. A state by itself is a component in which an execution may rest: it is fair to do so
    where every action is impossible or changes nothing.
    """
    is_fair = np.ones(len(graph.rows), np.bool_)
    is_inside = component[graph.source] == component[graph.target]
    for action in fair:
        has_witness = happening(graph, component, is_inside, action)
        has_witness[component[~graph.can[action]]] = True
        is_fair &= has_witness
    return is_fair[component]
