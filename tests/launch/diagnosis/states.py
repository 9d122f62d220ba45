"""What findings say, in short."""

from collections.abc import Sequence

from common.findings import Finding


def states(findings: Sequence[Finding]) -> dict[str, str]:
    return {each.item: each.state for each in findings}
