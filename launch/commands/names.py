"""Names of the commands."""

COMMANDS = {
    "data": "data",
    "doctor": "doctor",
    "evaluate": "evaluate",
    "ledger": "ledger",
    "list": "listing",
    "predict": "predict",
    "recommend": "recommend",
    "report": "report",
    "resume": "resume",
    "tune": "tune",
}
"""Commands and their modules in `launch.commands`, each imported when it is asked for."""
