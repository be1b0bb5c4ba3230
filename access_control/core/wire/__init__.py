"""What travels between the service and the bridges: signed bytes on one side, frozen records on the other.

Every field and every refusal code is described in ``docs/wire-protocol.md``.
"""
