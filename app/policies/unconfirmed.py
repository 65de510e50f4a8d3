"""What a pack assumes without confirmation, in sentences: told at start, never a reason to stop."""

from collections.abc import Iterator

from app.domain.policy import PolicyPack


def unconfirmed(pack: PolicyPack) -> Iterator[str]:
    """One sentence for each assumption that a lawyer, the DPO, an insurer or the Registrar has yet to confirm."""
    yield from _rules(pack)
    yield from _floors(pack)
    if None in (pack.controller.contact.address, pack.controller.contact.email) or not pack.controller.contact.phones:
        yield f"{pack.controller.code}: the policy lacks an address, telephone or e-mail, which PDPA s.23(5) wants told."
    yield from _purposes(pack)
    notices = sum(not notice.verified for notice in pack.notices.values())
    if notices:
        yield f"{notices} notices: their texts are our own proposal, which nobody has confirmed."
    grounds = [ground.code for ground in pack.grounds.values() if not ground.verified]
    if grounds:
        yield f"Grounds of refusal whose provision was not read in a consolidated text: {', '.join(grounds)}."
    for year, holidays in sorted(pack.holidays.items()):
        if not holidays.verified:
            yield f"Holidays of {year} are not confirmed by an official list: {holidays.source}"


def _purposes(pack: PolicyPack) -> Iterator[str]:
    proposed = sum(not purpose.verified for purpose in pack.purposes.values())
    if proposed:
        yield f"{proposed} purposes: bases, categories and retention are a proposal that nobody has confirmed."
    flagged = [purpose.code for purpose in pack.purposes.values() if purpose.clause_flags]
    if flagged:
        told = "the policy asks consent for ever or bundled with other things, which we take to bind nobody (PDPA s.19)"
        yield f"{', '.join(flagged)}: {told}."
    for purpose in pack.purposes.values() if pack.credit_bureau_member else ():
        if purpose.credit_bureau_duty is not None:
            law = purpose.credit_bureau_duty.provision
            yield f"{purpose.code}: rests on {law} besides, of which the pack's own notice does not tell: publish one that does."


def _rules(pack: PolicyPack) -> Iterator[str]:
    for rule in pack.retention_rules.values():
        if rule.insurer_defined and not pack.insurer_periods:
            yield f"{rule.code}: no insurer has stated a period; its records are kept unresolved until one has (T-20)."
        elif rule.indefinite and not rule.enabled:
            yield f"{rule.code}: keeping without an end is switched off; a deleted record keeps its own clock (T-03)."
        elif rule.clause is None and not rule.verified:
            yield f"{rule.code}: the policy states no period; ours is a proposal that nobody has confirmed (PDPA s.23(3))."
        elif not rule.verified:
            yield f"{rule.code}: our reading of clause {rule.clause} is not confirmed."


def _floors(pack: PolicyPack) -> Iterator[str]:
    for rule in pack.retention_rules.values():
        for floor in rule.floors:
            if floor.registrar_defined and not floor.verified:
                yield f"{rule.code}: {floor.law}: the Registrar's period is not confirmed; {floor.period} is assumed."
            elif not floor.verified:
                yield f"{rule.code}: {floor.law}: that it applies, with {floor.period}, is not confirmed."
