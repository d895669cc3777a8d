"""``rollcall train``: weights learnt from the last night, as a proposal."""

from apps.cli.parameters import Flag, WhoProposes, WhyProposed, Workspace


def train(
    *,
    workspace: Workspace,
    propose: Flag = False,
    why: WhyProposed = "",
    by: WhoProposes = "",
) -> int:
    """Learn the weights of the linkage from the last night's records and all judgements, and propose them.

    Where weights are in force, nights use them and no longer learn their own.

    Parameters
    ----------
    propose
        Keep the weights as a proposal; another named person approves it: rollcall approve. Without it, only say what
        they would do.
    """
    from apps.cli.words import proposed
    from pipelines.decisions.proposals import model_file, propose_model, refuse_unsigned
    from pipelines.publish.numbers import figure
    from pipelines.tuning.training import learn_from_workspace

    if propose:
        refuse_unsigned(why, by)
    learnt = learn_from_workspace(workspace)
    for name, value in learnt.figures.items():
        print(f"  {name}: {figure(value)}")
    if not propose:
        print("Nothing was kept. With --propose --why ... --by NAME the weights are proposed.")
        return 0
    number = propose_model(workspace, learnt.model, why=why, by=by, figures=learnt.figures)
    print(f"Proposal {number} is kept; read the weights in {model_file(workspace, number)}.")
    print(proposed(number, workspace))
    return 0
