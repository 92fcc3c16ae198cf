"""Moments (docs 95094, 97612, 93333)."""

from dataclasses import dataclass, field

from wecom.parsing import Payload
from wecom.payloads.mass import MassText

DONE = 3


@dataclass(frozen=True, slots=True)
class NewMomentJob(Payload):
    """A job lives 24 h."""

    jobid: str


@dataclass(frozen=True, slots=True)
class InvalidSenders(Payload):
    user_list: tuple[str, ...] = ()
    department_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class InvalidTags(Payload):
    tag_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentOutcome(Payload):
    """What the job did. errcode is the job's own; the two lists name what it passed over."""

    errcode: int = 0
    errmsg: str = ""
    moment_id: str = ""
    invalid_sender_list: InvalidSenders = InvalidSenders()
    invalid_external_contact_list: InvalidTags = InvalidTags()


@dataclass(frozen=True, slots=True)
class MomentJob(Payload):
    """status: 1 started, 2 running, 3 done; `result` means something only when done."""

    status: int
    type: str = ""
    result: MomentOutcome = MomentOutcome()

    @property
    def is_done(self) -> bool:
        return self.status == DONE


@dataclass(frozen=True, slots=True)
class MomentImage(Payload):
    media_id: str = ""


@dataclass(frozen=True, slots=True)
class MomentVideo(Payload):
    media_id: str = ""
    thumb_media_id: str = ""


@dataclass(frozen=True, slots=True)
class MomentLink(Payload):
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class MomentLocation(Payload):
    """latitude and longitude are text."""

    latitude: str = ""
    longitude: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class MomentPost(Payload):
    """creator is empty for one made by API. create_type: 0 corp, 1 personal. visible_type: 0 partly, 1 public."""

    moment_id: str
    creator: str = ""
    create_time: int = 0
    create_type: int = 0
    visible_type: int = 0
    text: MassText = field(default_factory=MassText)
    image: tuple[MomentImage, ...] = ()
    video: MomentVideo | None = None
    link: MomentLink | None = None
    location: MomentLocation | None = None


@dataclass(frozen=True, slots=True)
class MomentTask(Payload):
    """publish_status: 0 not published, 1 published."""

    userid: str
    publish_status: int


@dataclass(frozen=True, slots=True)
class MomentCustomer(Payload):
    external_userid: str
    userid: str = ""


@dataclass(frozen=True, slots=True)
class Reaction(Payload):
    """Of a customer (external_userid) or a member (userid). WeCom does not tell what was written."""

    create_time: int = 0
    external_userid: str = ""
    userid: str = ""


@dataclass(frozen=True, slots=True)
class Reactions(Payload):
    comment_list: tuple[Reaction, ...] = ()
    like_list: tuple[Reaction, ...] = ()
