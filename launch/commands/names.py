"""Names of the commands."""

COMMANDS = {
    "check": "check",
    "compare": "compare",
    "completion": "completion",
    "data": "data",
    "describe": "describe",
    "doctor": "doctor",
    "envs": "envs",
    "evaluate": "evaluate",
    "export": "export",
    "ledger": "ledger",
    "list": "listing",
    "predict": "predict",
    "recommend": "recommend",
    "record": "record",
    "report": "report",
    "resume": "resume",
    "tune": "tune",
    "watch": "watch",
}
"""Commands and their modules in `launch.commands`, each imported when it is asked for."""

HELP = ("-h", "--help", "help")
"""What asks for help: of everything, or of the command or experiment that follows."""
