"""The engine: from what is wanted to what was done.

It knows aspects, owners, changes and plans. It does not know what a repository, a policy or an EventBridge rule is.
A **key** names what is read, such as ``team/api`` or ``rule pushed``. An **owner** is what a change writes, usually
under the same name.

The pipeline has five stages, each in a module of its own:

``aspect``: what is wanted
    A verb makes one **want**, a spec makes many: an edit of one aspect of one key. An aspect is a module with five
    members (``base``, ``reads``, ``changes``, ``after``, ``verify``). A want is a value; making one calls nothing.

``planning``: what is missing
    Wants for one key are merged, however many they are. The engine asks each aspect for its readings, and makes them
    in parallel (``reading``): repositories first, then the parts of those that exist. Then it asks each aspect for its
    changes. This stage may call AWS, but only to read. ``changes`` itself is pure. ``dry_run`` has the values that
    earlier plans of a dry run would have made.

``plan``: what would be done
    A plan is a value: changes, notes, and the wants that it was made from. It prints as a diff, and has a checksum.
    Each change has a **difference**: the **parts** that it removes or overwrites, and those that it adds.

``apply`` and ``making``: doing it
    ``apply`` gives each owner to a worker, and makes its changes in order, in the owner's turn (``turns``).
    An owner among several is read again right before it is written, and its changes are derived from that reading.
    So is an owner whose calls had to wait.
    ``making`` makes one change: the call, its retries, and what an error says about other writers. These two are the
    only modules that write. ``approval`` says which changes go beyond the difference that somebody approved.

``outcomes``: how each owner ended
    An owner is done, failed, or superseded by another writer. Superseded owners are planned again from their wants, a
    bounded number of times, and so are edits that a verifying read no longer finds. One loop serves every race.

``telling`` says who hears of an apply: functions of the caller, and the progress that is drawn. Both hear of it on the
caller's thread.

``account`` joins the stages. ``Registry`` is an account, and every verb ends there.
"""
