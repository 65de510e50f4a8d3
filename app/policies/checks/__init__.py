"""What must be true of a pack as a whole, once each of its values could be read: where law and policy would contradict
themselves, or leave a case without an answer.
"""

from collections.abc import Callable, Iterator

from app.domain.policy import PolicyPack
from app.policies.checks import controller, purposes, retention, rights
from app.policies.yaml_source import Finding

CHECKS: tuple[tuple[frozenset[str], Callable[[PolicyPack], Iterator[Finding]]], ...] = (
    (frozenset({"purposes"}), purposes.purposes_rest_on_a_basis),
    (frozenset({"purposes", "bases"}), purposes.bases_are_described),
    (frozenset({"purposes", "evidence"}), purposes.purposes_say_how_long),
    (frozenset({"purposes", "categories"}), purposes.sensitive_categories_have_consent_or_exception),
    (frozenset({"purposes", "notices"}), purposes.consent_can_be_asked_for),
    (frozenset({"purposes"}), purposes.what_speaks_of_consent_stands_by_one),
    (frozenset({"notices"}), purposes.notices_are_told_apart),
    (frozenset({"notices"}), purposes.notices_renew_what_they_cover),
    (frozenset({"purposes", "retention_rules"}), purposes.numbers_are_unique),
    (frozenset({"retention_rules"}), retention.every_rule_is_reached),
    (frozenset({"retention_rules", "allow_indefinite_soft_delete"}), retention.every_rule_has_an_end),
    (frozenset({"retention_rules", "events", "insurer_periods"}), retention.clocks_start_from_facts),
    (frozenset({"retention_rules", "purposes"}), retention.consents_end_what_rests_on_them),
    (frozenset({"retention_rules"}), retention.members_fall_under_a_rule_that_holds),
    (frozenset({"conditions", "grounds"}), retention.conditions_may_refuse_an_erasure),
    (frozenset({"grounds"}), rights.grounds_say_the_same_in_both_languages),
    (frozenset({"rights"}), rights.rights_are_complete),
    (frozenset({"fees"}), rights.fees_leave_free_what_the_law_wants_free),
    (frozenset({"minors_alone"}), rights.minors_act_alone_in_known_ways),
    (frozenset({"roles", "storage_forms"}), rights.roles_and_storage_are_complete),
    (frozenset({"holidays", "fixed_holidays"}), controller.holidays_lie_in_their_year),
    (frozenset({"disposal", "identity"}), rights.quorum_and_codes_are_safe),
    (frozenset({"packages"}), rights.packages_can_be_fetched),
    (frozenset({"controller"}), controller.the_controller_can_be_reached),
)
"""Each check with the sections that it looks into: it runs once these could be read."""


def contradictions(pack: PolicyPack, unread: frozenset[str]) -> Iterator[Finding]:
    """The findings of all checks that look into none of the `unread` sections."""
    for sections, check in CHECKS:
        if not sections & unread:
            yield from check(pack)
