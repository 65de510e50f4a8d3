"""The closed lists of words that the law and the API use. Codes are stable: they stand in answers, rows and packs."""

from enum import StrEnum


class Basis(StrEnum):
    """Lawful basis of a purpose (PDPA s.19, s.24, s.26)."""

    CONTRACT = "contract"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"
    LEGAL_OBLIGATION = "legal_obligation"
    CONSENT = "consent"
    EXPLICIT_CONSENT = "explicit_consent"


class ConsentNeed(StrEnum):
    """When a purpose needs consent; `sensitive_only`: for its sensitive categories alone, and explicitly (PDPA s.26)."""

    ALWAYS = "always"
    NEVER = "never"
    SENSITIVE_ONLY = "sensitive_only"


class Objectable(StrEnum):
    """Whether a purpose can be objected to (PDPA s.32); `absolute`: direct marketing, which can't be refused."""

    NO = "no"
    YES = "yes"
    ABSOLUTE = "absolute"


class SubjectKind(StrEnum):
    """What the data subject is to the controller."""

    MEMBER = "member"
    ASSOCIATE_MEMBER = "associate_member"
    FAMILY = "family"
    GUARANTOR = "guarantor"
    REFEREE = "referee"
    BENEFICIARY = "beneficiary"
    REGISTERED_USER = "registered_user"
    VISITOR = "visitor"


class LegalCapacity(StrEnum):
    """Capacity by court order (Civil Code 28, 32)."""

    FULL = "full"
    INCOMPETENT = "incompetent"
    QUASI_INCOMPETENT = "quasi_incompetent"


class Storage(StrEnum):
    """The form in which a record is held; decides the method of destruction."""

    DATABASE = "database"
    FILE = "file"
    PAPER = "paper"


class Channel(StrEnum):
    """How an act of the subject reached the controller."""

    COUNTER = "counter"
    APP = "app"
    WEB = "web"
    PHONE = "phone"
    POST = "post"


class Language(StrEnum):
    """Languages of texts meant for people."""

    TH = "th"
    EN = "en"


class Assurance(StrEnum):
    """How surely a person's identity is known; ordered by `rank`."""

    NONE = "none"
    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Position in the order none < low < substantial < high."""
        return list(Assurance).index(self)


class RequestKind(StrEnum):
    """The rights that are exercised by a request (PDPA s.30-36, s.73)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    CORRECTION = "correction"
    OBJECTION = "objection"
    RESTRICTION = "restriction"
    ERASURE = "erasure"
    COMPLAINT = "complaint"


class Right(StrEnum):
    """The eight rights of the policy: the seven requests and the withdrawal of consent (PDPA s.19)."""

    WITHDRAWAL = "withdrawal"
    ACCESS = "access"
    PORTABILITY = "portability"
    CORRECTION = "correction"
    OBJECTION = "objection"
    RESTRICTION = "restriction"
    ERASURE = "erasure"
    COMPLAINT = "complaint"


class Relation(StrEnum):
    """By which power a representative acts for a data subject (PDPA s.20; Civil Code 28, 32, 797, 1569)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    CUSTODIAN = "custodian"
    CURATOR = "curator"
    ATTORNEY = "attorney"
    HEIR = "heir"


class Action(StrEnum):
    """What somebody wants to do with personal data (PDPA s.6, s.19, s.27): what a decision is asked about."""

    COLLECT = "collect"
    USE = "use"
    DISCLOSE = "disclose"
    STORE = "store"


class ConsentQuality(StrEnum):
    """What a consent record is worth: given under a notice, taken over from wording that binds nobody, or from before the Act."""

    SOUND = "sound"
    DOUBTFUL = "doubtful"
    ORIGINAL_PURPOSE = "original_purpose"


class Outcome(StrEnum):
    """What became of a request as a whole."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"


class RetentionAction(StrEnum):
    """What retention says of one record on one day."""

    KEEP = "keep"
    HOLD = "hold"
    DISPOSE = "dispose"
    UNRESOLVED = "unresolved"


class Permission(StrEnum):
    """What a route may be asked for. `roles.yaml` of a pack says which role holds which."""

    CATALOGUE_READ = "catalogue:read"
    POLICY_READ = "policy:read"
    SUBJECT_READ = "subject:read"
    SUBJECT_READ_UNMASKED = "subject:read_unmasked"
    SUBJECT_WRITE = "subject:write"
    RECORD_READ = "record:read"
    RECORD_WRITE = "record:write"
    RETENTION_READ = "retention:read"
    CONSENT_READ = "consent:read"
    CONSENT_GRANT = "consent:grant"
    CONSENT_WITHDRAW = "consent:withdraw"
    CONSENT_IMPORT = "consent:import"
    NOTICE_PUBLISH = "notice:publish"
    NOTICE_ACKNOWLEDGE = "notice:acknowledge"
    REPRESENTATION_READ = "representation:read"
    REPRESENTATION_WRITE = "representation:write"
    REPRESENTATION_APPROVE = "representation:approve"
    PROCESSING_READ = "processing:read"
    DECISION_EVALUATE = "decision:evaluate"
    DELETION_CASE_READ = "deletion_case:read"
    DELETION_CASE_WRITE = "deletion_case:write"
    REGISTER_READ = "register:read"
    COMPATIBILITY_ASSESS = "compatibility:assess"
    REQUEST_READ = "request:read"
    REQUEST_SUBMIT = "request:submit"
    REQUEST_IDENTIFY = "request:identify"
    REQUEST_IDENTIFY_IN_PERSON = "request:identify_in_person"
    REQUEST_READ_ASSESSMENT = "request:read_assessment"
    REQUEST_ASSESS = "request:assess"
    REQUEST_ASSIGN = "request:assign"
    REQUEST_ASK = "request:ask"
    REQUEST_ANSWER = "request:answer"
    REQUEST_CANCEL = "request:cancel"
    REQUEST_DECIDE = "request:decide"
    REQUEST_DECIDE_FOUR_EYES = "request:decide_four_eyes"
    REQUEST_EXTEND = "request:extend"
    LETTER_READ = "letter:read"
    PACKAGE_READ = "package:read"
    PACKAGE_DOWNLOAD = "package:download"
    CONTROLLER_READ = "controller:read"
    CONTROLLER_WRITE = "controller:write"
    DISCLOSURE_READ = "disclosure:read"
    DISCLOSURE_WRITE = "disclosure:write"
    EVENT_READ = "event:read"
    HOLIDAY_ANNOUNCE = "holiday:announce"
    TASK_READ = "task:read"
    TASK_WORK = "task:work"
    TASK_REQUEUE = "task:requeue"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_WRITE = "webhook:write"
    LEGAL_HOLD_READ = "legal_hold:read"
    LEGAL_HOLD_WRITE = "legal_hold:write"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """Roles that a token may carry."""

    MEMBER = "member"
    REPRESENTATIVE = "representative"
    CORE_BANKING = "core_banking"
    STAFF = "staff"
    DPO = "dpo"
    COMMITTEE = "committee"
    AUDITOR = "auditor"
    PARTNER = "partner"
    ADMIN = "admin"
