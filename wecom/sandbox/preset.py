"""Corps to begin with: the demo's shop, and any number of customers for benchmarks. The same from the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from wecom.sandbox import chance, corps, names
from wecom.sandbox.apps import App
from wecom.sandbox.corps import Corp, Knobs
from wecom.sandbox.store import Db, dumps
from wecom.sandbox.world import World

CORPID = "ww5a0d0b0c0d0e0f01"
APP = App(
    corpid=CORPID,
    agentid=1000002,
    secret="sandbox-secret-0000000000000000000000000000",  # noqa: S106 - opens nothing but the sandbox
    token="sandboxToken01",  # noqa: S106
    aes_key="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA",
    name="客户运营",
)
CORP = Corp(corpid=CORPID, name="沙箱门店", quota_policy="month", knobs=Knobs(), apps=(APP,))
DEPARTMENTS = ((1, "沙箱门店", 0), (2, "南山旗舰店", 1), (3, "福田体验店", 1), (4, "线上客服中心", 1))
STAFF = (
    ("zhouming", "周明", 1, "店总", "1"),
    ("linyue", "林悦", 1, "运营主管", "2"),
    ("chenjing", "陈静", 2, "店长", "2"),
    ("huangwei", "黄伟", 2, "导购", "1"),
    ("wuxiaoli", "吴晓丽", 2, "导购", "2"),
    ("zhengkai", "郑凯", 2, "导购", "1"),
    ("sunqian", "孙倩", 3, "店长", "2"),
    ("liuyang", "刘洋", 3, "导购", "1"),
    ("hemiao", "何淼", 3, "导购", "2"),
    ("tangyi", "唐艺", 4, "客服主管", "2"),
    ("fanghao", "方浩", 4, "客服", "1"),
    ("xujia", "许佳", 4, "客服", "2"),
)
TAGS = {
    "客户等级": ("VIP 会员", "普通会员", "潜在客户"),
    "兴趣偏好": ("护肤", "彩妆", "香氛", "母婴"),
    "来源渠道": ("门店扫码", "公众号", "老客推荐"),
}
CHATS = (("南山旗舰店福利群", "chenjing"), ("福田会员新品群", "sunqian"), ("线上答疑群", "tangyi"))
WAYS = ((1, "门店入口"), (1, "公众号菜单"), (3, ""), (6, ""), (2, ""), (4, ""), (13, ""), (201, ""))
NOTES = ("", "", "", "敏感肌，要无酒精", "喜欢到店试用", "周末有空", "给妈妈买", "预算 500 以内")
COMPANIES = ("腾云科技", "海岸贸易", "青松设计")
PAST = 180 * 86400


@dataclass(frozen=True)
class Size:
    customers: int = 300
    staff: int = len(STAFF)


def build(world: World, *, size: Size, callback_base: str) -> None:
    """Makes the shop with its people unless it is there."""
    _, new = open_shop(world, callback_base)
    if new:
        with world.store.transaction() as db:
            _Shop(world, db, size).fill()


def open_shop(world: World, callback_base: str) -> tuple[Corp, bool]:
    """The shop, and whether it is new and empty; its callback URL follows `callback_base` either way."""
    url = f"{callback_base.rstrip('/')}/wecom/callback/{CORPID}/" if callback_base else ""
    with world.store.transaction() as db:
        old = corps.find(db, CORPID)
        corp = old or CORP
        first = replace(corp.apps[0], callback_url=url or corp.apps[0].callback_url)
        corp = replace(corp, apps=(first, *corp.apps[1:]))
        corps.save(db, corp)
    world.postman.watch(corp)
    return corp, old is None


class _Shop:
    def __init__(self, world: World, db: Db, size: Size) -> None:
        self.world, self.db, self.size = world, db, size
        self.random = chance.generator(world.seed, "preset")
        self.now = int(world.clock.now())

    def fill(self) -> None:
        for number, name, parent in DEPARTMENTS:
            corps.save_department(self.db, CORPID, number, name, parent, 100 - number)
        staff = list(self._staff())
        tags = self._tags()
        customers = self._customers(staff, tags)
        for name, owner in CHATS:
            self._chat(name, owner, self.random.sample(customers, min(12, len(customers))))

    def _staff(self) -> Iterator[str]:
        for number in range(self.size.staff):
            if number < len(STAFF):
                userid, name, department, title, gender = STAFF[number]
            else:
                userid, department, title, gender = f"staff{number + 1}", 2 + number % 3, "导购", "0"
                name = names.person(self.world.seed, "staff", number)[1]
            corps.save_staff(self.db, CORPID, userid, name, [department], title=title, gender=gender)
            yield userid

    def _tags(self) -> list[str]:
        made = []
        born = self.now - PAST
        for place, (group, members) in enumerate(TAGS.items()):
            group_id = self.world.store.new_id(self.db, "etG")
            self.db.execute(
                "INSERT INTO tag_group (id, corpid, name, position, create_time, agentid) VALUES (?, ?, ?, ?, ?, ?)",
                (group_id, CORPID, group, len(TAGS) - place, born, APP.agentid),
            )
            for order, name in enumerate(members):
                tag_id = self.world.store.new_id(self.db, "et")
                self.db.execute(
                    "INSERT INTO tag (id, corpid, group_id, name, position, create_time, agentid)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (tag_id, CORPID, group_id, name, len(members) - order, born, APP.agentid),
                )
                made.append(tag_id)
        return made

    def _customers(self, staff: list[str], tags: list[str]) -> list[str]:
        """Mostly one member of staff each, some two or three; a few half-added, lost or dropped."""
        people, follows, marks = [], [], []
        idents = []
        for number in range(self.size.customers):
            person = self._person(number)
            idents.append(person[1])
            people.append(person)
            count = self.random.choices((1, 2, 3), (85, 11, 4))[0]
            for userid in self.random.sample(staff, min(count, len(staff))):
                follow = self._follow(userid, person, number)
                follows.append(follow)
                if follow["state"] in ("friend", "lost"):
                    chosen = self.random.sample(tags, self.random.choice((0, 1, 1, 2, 3)))
                    marks += [(userid, person[1], tag) for tag in chosen]
        self._write(people, follows, marks)
        return idents

    def _person(self, number: int) -> tuple[Any, ...]:
        gender, name = names.person(self.world.seed, "customer", number)
        colleague = self.random.random() < 0.05
        ident = self.world.store.new_id(self.db, "wo" if colleague else "wm")
        company = self.random.choice(COMPANIES) if colleague else ""
        title = "采购" if colleague else ""
        union = "" if colleague else "o" + chance.word(27, "unionid", ident)
        return (CORPID, ident, name, 2 if colleague else 1, gender, union, company, title, self.now - PAST)

    def _follow(self, userid: str, person: tuple[Any, ...], number: int) -> dict[str, Any]:
        state = (
            "half"
            if number % 50 == 7
            else "lost"
            if number % 33 == 5
            else "dropped"
            if number % 100 == 11
            else "friend"
        )
        add_way, channel = self.random.choice(WAYS)
        at = self._moment(self.random, recent=state == "half")
        remark = (
            person[2] if self.random.random() < 0.7 else f"{person[2]}-{self.random.choice(('老客', '会员', '试用'))}"
        )
        return {
            "corpid": CORPID,
            "userid": userid,
            "external_userid": person[1],
            "state": state,
            "channel": channel,
            "remark": remark[:20],
            "description": self.random.choice(NOTES),
            "add_way": add_way,
            "oper_userid": userid if add_way == 2 else person[1],
            "createtime": at,
            "last_contact": min(self.now, at + self.random.randrange(30 * 86400)),
            "ended_at": min(self.now, at + 20 * 86400) if state in ("lost", "dropped") else None,
        }

    def _moment(self, dice: random.Random, *, recent: bool) -> int:
        """More of the past lies near: a shop grows."""
        share = dice.random() ** 1.6
        return self.now - int(share * (2 * 86400 if recent else PAST)) - 60

    def _write(
        self, people: list[tuple[Any, ...]], follows: list[dict[str, Any]], marks: list[tuple[str, str, str]]
    ) -> None:
        self.db.executemany("INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", people)
        self.db.executemany(
            "INSERT INTO follow (corpid, userid, external_userid, state, channel, remark, description, add_way,"
            " oper_userid, createtime, last_contact, ended_at) VALUES (:corpid, :userid, :external_userid, :state,"
            " :channel, :remark, :description, :add_way, :oper_userid, :createtime, :last_contact, :ended_at)",
            follows,
        )
        self.db.executemany(
            "INSERT INTO follow_tag SELECT id, ?3 FROM follow"
            " WHERE corpid = ?4 AND userid = ?1 AND external_userid = ?2",
            [(*mark, CORPID) for mark in marks],
        )

    def _chat(self, name: str, owner: str, customers: list[str]) -> None:
        born = self.now - 60 * 86400
        members = [
            {"userid": owner, "type": 1, "join_time": born, "join_scene": 1, "name": name[:2], "group_nickname": ""}
        ]
        for number, ident in enumerate(customers):
            person = self.db.execute(
                "SELECT name, unionid FROM customer WHERE corpid = ? AND external_userid = ?", (CORPID, ident)
            ).fetchone()
            members.append(
                {
                    "userid": ident,
                    "type": 2,
                    **({"unionid": person["unionid"]} if person["unionid"] else {}),
                    "join_time": born + 3600 * (number + 1),
                    "join_scene": 3 if number % 2 else 1,
                    **({} if number % 2 else {"invitor": {"userid": owner}}),
                    "group_nickname": "",
                    "name": person["name"],
                }
            )
        self.db.execute(
            "INSERT INTO group_chat (chat_id, corpid, name, owner, notice, create_time, members, admins)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.world.store.new_id(self.db, "wr"),
                CORPID,
                name,
                owner,
                "群内禁止广告，客服工作时间 9:00–21:00",
                born,
                dumps(members),
                dumps([owner]),
            ),
        )
