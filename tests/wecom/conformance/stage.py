"""What a call needs to be there before it is made: customers, tags, groups, …; made when first asked for."""

import hashlib
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from scrm.rehearsal.sandbox import Sandbox
from tests.wecom.files import png
from wecom.app_content import Audience
from wecom.cards import Action, ActionMenu, Jump, TextNotice, Title
from wecom.client import WeComClient, client_for, trial_client
from wecom.contact_specs import ContactWaySpec, LinkSpec
from wecom.group_specs import JoinWaySpec
from wecom.models import Corp
from wecom.payloads import AcquisitionLink, FollowUser, TagGroup, UploadJob

SYNC_HELPER = {"agentid": 1000008, "secret": "the-contact-sync-secret", "kind": "contact-sync"}
CHINA = ZoneInfo("Asia/Shanghai")
CHAT_KEY = re.compile(r"<ChatKey><!\[CDATA\[(.+?)\]\]></ChatKey>")


@dataclass
class Stage:
    corp: Corp
    sandbox: Sandbox

    @cached_property
    def wecom(self) -> WeComClient:
        return client_for(self.corp)

    @cached_property
    def sync_helper(self) -> WeComClient:
        """A client with the secret of 通讯录同步助手."""
        keys = {"token": self.corp.callback_token, "aes_key": self.corp.aes_key}
        self.sandbox.corp("POST", "apps", **SYNC_HELPER, **keys)
        corp = Corp(corpid=self.corp.corpid, agentid=SYNC_HELPER["agentid"], api_base_url=self.corp.api_base_url)
        corp.secret = str(SYNC_HELPER["secret"])
        return trial_client(corp)

    def served(self, path: str) -> int:
        """How often the sandbox has applied a call of this endpoint."""
        calls = self.sandbox.corp("GET", "calls").get(path, {"calls": 0, "errors": {}})
        return int(calls["calls"]) - sum(calls["errors"].values())

    def do(self, path: str, **body: Any) -> Any:
        """Act as a customer, a member or an admin."""
        return self.sandbox.corp("POST", path, **body)

    # --- time ---

    @property
    def now(self) -> datetime:
        return self.sandbox.now().astimezone(UTC)

    @property
    def yesterday(self) -> date:
        return self.now.astimezone(CHINA).date() - timedelta(days=1)

    @property
    def hours(self) -> tuple[datetime, datetime]:
        """From an hour ago to in an hour."""
        return self.now - timedelta(hours=1), self.now + timedelta(hours=1)

    # --- people ---

    @cached_property
    def scanned(self) -> dict[str, str]:
        """A person who has just added Lin: external_userid, welcome_code."""
        return dict(self.do("scan", userid="lin", name="张三"))

    @cached_property
    def friend(self) -> str:
        return self.scanned["external_userid"]

    @property
    def follow(self) -> FollowUser:
        return self.wecom.customers.get(self.friend).follows[0]

    # --- things ---

    @cached_property
    def tags(self) -> TagGroup:
        return self.wecom.tags.add(group_name="等级", tags=["金", "银"])

    @cached_property
    def strategy_tags(self) -> Any:
        self.do("rule_groups", id=7, name="华南", userids=["lin"])
        return self.wecom.strategy_tags.add(7, group_name="意向", tags=["高", "低"])

    @cached_property
    def way(self) -> str:
        return self.wecom.contact_ways.add(ContactWaySpec(user=["lin"], type=1, state="door")).config_id

    @cached_property
    def link(self) -> str:
        return self.wecom.acquisition.create(LinkSpec("门店", users=["lin"])).link_id

    @property
    def link_now(self) -> AcquisitionLink:
        return self.wecom.acquisition.get(self.link)

    @cached_property
    def acquired(self) -> str:
        """A customer whom the link brought to Lin."""
        self.do("acquisition/buy", units=100)
        return str(self.do(f"acquisition/{self.link}/arrive", name="王五", userid="lin")["external_userid"])

    @cached_property
    def chat_key(self) -> str:
        """The key that WeCom sends when that customer has written three times."""
        self._take_callbacks()
        for _ in range(3):
            self.do(f"customers/{self.acquired}/chat", userid="lin")
        events = [row["xml"] for row in self.sandbox.corp("GET", "callbacks")["callbacks"]]
        return next(hit[1] for hit in map(CHAT_KEY.search, events) if hit)

    def _take_callbacks(self) -> None:
        """From now on the app has a callback URL; nobody answers there."""
        self.sandbox.call("POST", "corps", corpid=self.corp.corpid, callback_url="http://127.0.0.1:9/")

    @cached_property
    def chat(self) -> str:
        return str(self.do("groups", owner="lin", name="福利群", members=[self.friend])["chat_id"])

    @cached_property
    def join_way(self) -> str:
        return self.wecom.group_join_ways.add(JoinWaySpec([self.chat], state="poster"))

    @cached_property
    def group_welcome(self) -> str:
        return self.wecom.group_welcomes.add("欢迎 %NICKNAME%")

    @cached_property
    def mass(self) -> str:
        return self.wecom.mass.create(sender="lin", external_userids=[self.friend], text="早上好").msgid

    @cached_property
    def moment(self) -> str:
        """A moment that Lin's task has made."""
        _ = self.friend
        jobid = self.wecom.moments.create(text="新品上架", senders=["lin"])
        for _ in range(20):
            job = self.wecom.moments.job(jobid)
            if job.is_done:
                return job.result.moment_id
            self.sandbox.advance(60)
        raise AssertionError("the moments task did not end")

    @cached_property
    def published(self) -> str:
        self.do("staff/lin/publish", moment_id=self.moment)
        return self.moment

    @cached_property
    def picture(self) -> str:
        return self.wecom.media.upload_attachment("image", "a.png", png(4, 4), 2).media_id

    @cached_property
    def shelved(self) -> tuple[str, str]:
        """A picture that lies on the web, and its md5."""
        url = self.wecom.media.upload_image("a.png", png(4, 4))
        return url, hashlib.md5(png(4, 4), usedforsecurity=False).hexdigest()

    def ended(self, jobid: str) -> UploadJob:
        for _ in range(100):
            job = self.wecom.media.upload_job(jobid)
            if job.finished:
                return job
            time.sleep(0.05)
        raise AssertionError("the upload did not end within 5 s")

    @cached_property
    def product(self) -> str:
        return self.wecom.album.add("杯子", 990, [self.picture])

    @cached_property
    def rule(self) -> str:
        return self.wecom.intercept.add("飞单", ["加微"], semantics=[1], userids=["lin"])

    @cached_property
    def bill(self) -> dict[str, Any]:
        paid: dict[str, Any] = self.do(
            "payments", external_userid=self.friend, payee_userid="lin", total_fee=990, payment_id="pay1"
        )
        return paid

    @cached_property
    def message(self) -> str:
        return self.wecom.app.send_text(["lin"], "有新任务").msgid

    @cached_property
    def card(self) -> str:
        """The response_code of a card that Lin has got. Its menu needs an app with a callback URL."""
        self._take_callbacks()
        return self.wecom.app.send(Audience(["lin"]), self.new_card).response_code

    @property
    def new_card(self) -> TextNotice:
        return TextNotice(
            main_title=Title("任务", "今天 3 个"),
            card_action=Jump(type=1, url="https://example.com/t"),
            action_menu=ActionMenu([Action("做完了", "done")], "更多"),
            task_id="task-1",
        )

    @cached_property
    def login(self) -> str:
        """A code that Lin came back with, having agreed to show a mobile number."""
        return str(self.do("oauth_code", userid="lin", scope="snsapi_privateinfo", consent=["mobile"])["code"])

    @cached_property
    def handed(self) -> Any:
        """Lin's customer is being handed to Wang."""
        return self.wecom.inheritance.transfer("lin", "wang", [self.friend])

    @cached_property
    def resigned(self) -> str:
        """Lin has left; the customer who waits for an heir."""
        friend = self.friend
        _ = self.chat
        self.do("staff/lin/leave")
        return friend
