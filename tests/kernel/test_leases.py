from coordinator.kernel.leases import Lease


def test_a_new_holder_has_a_new_epoch() -> None:
    """Whoever had it before is told apart from whoever has it now."""
    first = Lease().taken("baker", "19")
    assert first == Lease("baker", 1, "19")
    assert first.taken("miller", "29") == Lease("miller", 2, "29", takeovers=1)


def test_a_renewal_is_no_taking() -> None:
    """Taking what one has only moves its end."""
    held = Lease("baker", 3, "19", takeovers=1)
    assert held.taken("baker", "29") == Lease("baker", 3, "29", takeovers=1)


def test_what_was_given_back_is_not_taken_over() -> None:
    """Only a lease that its holder let end counts as one."""
    freed = Lease("baker", 1, "19", takeovers=1).released()
    assert freed == Lease("", 1, "", takeovers=1)
    assert freed.taken("miller", "29").takeovers == 1
    assert freed.settled().takeovers == 0


def test_a_lease_lapses_at_its_end() -> None:
    """At the moment itself; one without end never does."""
    lease = Lease("baker", 1, "19")
    assert [lease.has_lapsed(x) for x in ("18", "19", "20")] == [False, True, True]
    assert not Lease("baker").has_lapsed("99")
    assert [lease.is_of_another(x) for x in ("baker", "miller")] == [False, True]
    assert not Lease().is_of_another("baker")
