"""What the exit codes mean. They stay: jobs depend on them."""

DONE, ERROR, DIFFERS, CONFLICT, PARTLY_DONE, DEPENDS, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

MEANINGS = {
    DONE: "done, or nothing to do",
    ERROR: "an error, or wrong arguments: nothing was changed",
    DIFFERS: "something differs (plan --detailed-exitcode), or was found; no (can)",
    CONFLICT: "a conflict: something is wanted that cannot be made, or that nobody approved; nothing was changed",
    PARTLY_DONE: "partly done: an error, and some changes were made before it; run again to make the rest, "
    "with --approved give --plan too",
    DEPENDS: "it depends: neither a certain yes nor a certain no (can)",
    INTERRUPTED: "stopped with Ctrl-C, or an apply with SIGTERM; what was done is listed",
}
