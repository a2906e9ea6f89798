"""What a schema breach sounds like: the words of an XML gateway in front of the service.

Source: the one official sample of such a fault (technical note of the kit). No client may parse it.
"""

from __future__ import annotations

from sistemats.codes import CALLS, Call
from sistemats.replies import Fault
from sistemats.schemas import SchemaProblem

CLIENT = "env:Client"
AUTHENTICATION = Fault(CLIENT, "Errore generico di autenticazione")
INTERNAL = Fault(CLIENT, "Internal Error")
_CONTENT_RULE = "ELEMENT_CONTENT"


def _plain(step: str) -> str:
    """Return the name in a step of a path, without the prefix and place that the sender's XML gave it."""
    return step.rsplit(":", 1)[-1].split("[", 1)[0]


def schema_fault(call: Call | None, problems: tuple[SchemaProblem, ...]) -> Fault:
    """Return the fault for a request that breaks the schema; no value of it is quoted."""
    if call is None or not problems:
        return INTERNAL
    problem = problems[0]
    facts = CALLS[call].facts
    steps = [_plain(step) for step in problem.path.split("/") if step]
    last = steps[-1] if steps else CALLS[call].body
    parent = steps[-2] if len(steps) > 1 else CALLS[call].body
    named = f"{{{facts.namespace}}}"
    if problem.rule != _CONTENT_RULE:
        return Fault(CLIENT, f"cvc-simple-type 1: element {last} is not a valid instance of the element type")
    where = f"in namespace {facts.namespace}" if facts.qualified else "in default namespace"
    wanted = problem.wants.removeprefix("expected ")
    if wanted == problem.wants:
        ending = "but next item should be the end of the element"
    else:
        ending = f"but next item should be {wanted}"
    return Fault(
        CLIENT,
        f"cvc-particle 2.1: in element {named}{parent} of type {named}{parent}, found <{last}> ({where}), {ending}",
    )
