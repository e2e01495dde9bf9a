"""IAM's evaluation of policies, written from the sentences of its guide, so that ecrops's own can be judged by it.

``decide`` is the way in; the emulated policy simulator asks it too. Whatever can be slow and plain here is slow and
plain. Nothing is imported from ``ecrops.iam`` or ``ecrops.access``.
"""
