"""Names of the tests, and the addresses that they have."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address

from app.core.outbound import Unresolvable


@dataclass
class Names:
    """Answers for names: each time the next of its answers, the last one for ever. `asked` are the names asked for."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def point(self, host: str, *answers: list[str]) -> None:
        """Give a name the addresses that it has, one answer after the other."""
        self.answers[host] = list(answers)

    async def __call__(self, host: str) -> Sequence[IPv4Address | IPv6Address]:
        """The addresses of a name. Raises `Unresolvable`."""
        self.asked.append(host)
        if host not in self.answers:
            raise Unresolvable
        rest = self.answers[host]
        return [ip_address(address) for address in (rest.pop(0) if len(rest) > 1 else rest[0])]
