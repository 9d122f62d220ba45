"""The final scores of a run as TensorBoard shows them, by name."""

from launch.run_folder.run_result import RunResult, SupervisedRunResult, TrainingRunResult


def of(result: RunResult) -> dict[str, float]:
    """The scores of a finished run: on test data, or of its policies and its last episodes."""
    found: dict[str, float | None] = {}
    if isinstance(result, SupervisedRunResult):
        found |= result.metrics
        found |= {f"validation_{name}": value for name, value in result.validation.items()}
    elif isinstance(result, TrainingRunResult):
        for policy, summary in (("kept", result.evaluation), ("last", result.final_evaluation)):
            if summary is not None:
                found[f"{policy}_return"] = summary.mean_return
                found[f"{policy}_success_rate"] = summary.success_rate
        found["training_return_last_100"] = result.training_return_last_100
        found["training_success_last_100"] = result.training_success_last_100
    return {f"score/{name}": value for name, value in found.items() if value is not None}
