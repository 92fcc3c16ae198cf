"""A corp of any size, made up from the seed: a million customers in a minute or so, none of them held as an object.

Written in chunks, each a transaction that also notes how far it is: whoever stops in between goes on there.
"""

import base64
import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from wecom.sandbox import apps, chance, names
from wecom.sandbox.clock import Clock
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible
from wecom.sandbox.store import Db, Store, dumps, read_meta, write_meta

CHUNK = 20_000  # customers
PAST = 730 * 86400
REGIONS, SHOPS_EACH = ("华南", "华东", "华北", "西南", "华中", "东北", "西北", "线上"), 12
TAGS = {
    "客户等级": ("普通会员", "银卡会员", "金卡会员", "黑金会员"),
    "购买阶段": ("未下单", "首单", "复购", "沉睡", "流失预警"),
    "兴趣偏好": ("护肤", "彩妆", "香氛", "母婴", "个护", "保健", "礼盒"),
    "来源渠道": ("门店扫码", "公众号", "小程序", "直播间", "老客推荐", "地推", "快递卡"),
    "年龄段": ("18-24", "25-30", "31-40", "41-50", "51+"),
    "客单价": ("0-99", "100-299", "300-599", "600-999", "1000+"),
    "城市": ("深圳", "广州", "上海", "杭州", "北京", "成都", "武汉", "西安", "长沙", "南京"),
    "活动": ("618", "双11", "年货节", "会员日", "新店开业", "三八节"),
}
TAGS_EACH = (0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 4)  # tags of a relation, each number as often as it stands here
WAYS = ((1, "门店入口"), (1, "公众号菜单"), (1, "快递卡"), (3, ""), (6, ""), (2, ""), (4, ""), (13, ""), (201, ""))
NOTES = ("", "", "", "", "", "敏感肌，要无酒精", "喜欢到店试用", "周末有空", "给妈妈买", "预算 500 以内", "要发票")
REMARKS = ("", "", "", "", "-老客", "-会员", "-试用", "-已复购")
SORTED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = [one + other for one in SORTED for other in SORTED]
PLAIN = bytes.maketrans(b"-_", b"Xk")
LETTERS = 44  # of each customer's ids, out of 33 bytes
_filling = threading.Lock()


@dataclass(frozen=True)
class Size:
    customers: int = 1_000_000
    staff: int = 2_000
    groups: int = 5_000


def fill(store: Store, clock: Clock, corp: Corp, size: Size, told: Callable[[int], None] = lambda _: None) -> None:
    """Fills the corp unless it has been; `told` hears how many customers there are by now.

    Impossible if the corp was filled, or begun, with another size.
    """
    with _filling:
        state = _begun(store, clock, corp, size)
        crowd = _Crowd(store.seed, corp, size, state["now"])
        while state["done"] < size.customers:
            with store.loading() as db:
                state["done"] = crowd.customers(db, state["done"])
                write_meta(db, f"crowd.{corp.corpid}", dumps(state))
            told(state["done"])
        if not state["complete"]:
            with store.loading() as db:
                crowd.groups(db)
                state["complete"] = True
                write_meta(db, f"crowd.{corp.corpid}", dumps(state))


def _begun(store: Store, clock: Clock, corp: Corp, size: Size) -> dict[str, Any]:
    """How far an earlier run came; departments, staff and tags are made first."""
    with store.transaction() as db:
        stored = read_meta(db, f"crowd.{corp.corpid}", "")
        if stored:
            state: dict[str, Any] = json.loads(stored)
            if state["size"] != asdict(size):
                numbers = ", ".join(f"{number:,} {name}" for name, number in state["size"].items())
                raise Impossible(f"This corp was filled with {numbers}.")
            return state
        state = {"size": asdict(size), "now": int(clock.now()), "done": 0, "complete": False}
        crowd = _Crowd(store.seed, corp, size, state["now"])
        crowd.members(db)
        crowd.tags(db)
        write_meta(db, f"crowd.{corp.corpid}", dumps(state))
        return state


class _Crowd:
    def __init__(self, seed: int, corp: Corp, size: Size, now: int) -> None:
        self.seed, self.corp, self.size, self.now = seed, corp, size, now
        self.corpid = corp.corpid
        self.common = chance.word(7, seed, self.corpid, "external_userid")  # ids of one corp begin alike
        self.people = _people()
        self.staff = [f"staff{number:05}" for number in range(1, size.staff + 1)]
        self.ends = list(itertools.accumulate(_shares(size.customers, size.staff)))
        self.tag_ids = [chance.word(30, seed, self.corpid, "tag", name) for name in itertools.chain(*TAGS.values())]

    def members(self, db: Db) -> None:
        """Shops in regions; the larger a shop's number, the later it opened."""
        departments = [(1, self.corp.name, 0)]
        for place, region in enumerate(REGIONS):
            departments.append((10 + place, f"{region}大区", 1))
            shops = range(SHOPS_EACH)
            departments += [(100 + place * SHOPS_EACH + shop, f"{region}{shop + 1}店", 10 + place) for shop in shops]
        db.executemany(
            "INSERT OR REPLACE INTO department VALUES (?, ?, ?, ?, ?)",
            [(self.corpid, number, name, parent, 1000 - number) for number, name, parent in departments],
        )
        count = len(REGIONS) * SHOPS_EACH
        rows = []
        for number, userid in enumerate(self.staff):
            gender, name = names.person(self.seed, self.corpid, "staff", number)
            title = "店长" if number < count else "导购"
            rows.append((self.corpid, userid, name, dumps([100 + number % count]), str(gender), title))
        db.executemany(
            "INSERT INTO staff (corpid, userid, name, departments, gender, title) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        apps.spread(db, self.corpid)

    def tags(self, db: Db) -> None:
        """Made by the corp's first app. The first tags of the first groups are set most often."""
        born, agentid, ids = self.now - PAST, self.corp.agentid, iter(self.tag_ids)
        for place, (group, members) in enumerate(TAGS.items()):
            group_id = "et" + chance.word(30, self.seed, self.corpid, "group", group)
            db.execute(
                "INSERT INTO tag_group (id, corpid, name, position, create_time, agentid) VALUES (?, ?, ?, ?, ?, ?)",
                (group_id, self.corpid, group, len(TAGS) - place, born, agentid),
            )
            db.executemany(
                "INSERT INTO tag (id, corpid, group_id, name, position, create_time, agentid)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    ("et" + next(ids), self.corpid, group_id, name, len(members) - order, born, agentid)
                    for order, name in enumerate(members)
                ],
            )

    def customers(self, db: Db, start: int) -> int:
        """One chunk from customer `start` on; returns where the next begins."""
        end = min(start + CHUNK, self.size.customers)
        dice = chance.generator(self.seed, "crowd", self.corpid, start)
        first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM follow").fetchone()[0]
        people, follows, marks = self._chunk(dice, start, end, first)
        db.executemany("INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", people)
        db.executemany(
            "INSERT INTO follow (id, corpid, userid, external_userid, state, channel, remark, description, add_way,"
            " oper_userid, createtime, last_contact, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            follows,
        )
        db.executemany("INSERT OR IGNORE INTO follow_tag VALUES (?, ?)", marks)
        return end

    def _chunk(self, dice: random.Random, start: int, end: int, follow: int) -> tuple[list[Any], list[Any], list[Any]]:
        """Each customer has the member whose share he falls into; every eighth another one besides."""
        people, follows, marks = [], [], []
        letters = base64.b64encode(dice.randbytes(33 * (end - start)), b"-_").translate(PLAIN).decode()
        draw, tag_ids, own = dice.random, ["et" + ident for ident in self.tag_ids], self._owners(start)
        for number in range(start, end):
            person = self._person(dice, number, letters[(number - start) * LETTERS : (number - start + 1) * LETTERS])
            people.append(person)
            owner = next(own)
            state = _state(number)
            other = self.staff[int(draw() * len(self.staff))] if draw() < 0.125 else owner
            for userid in {owner: None, other: None}:
                follows.append(self._follow(dice, follow, userid, person, state))
                if state in ("friend", "lost"):
                    for _ in range(TAGS_EACH[int(draw() * len(TAGS_EACH))]):
                        marks.append((follow, tag_ids[int(draw() ** 2.2 * len(tag_ids))]))
                follow += 1
        return people, follows, marks

    def _owners(self, start: int) -> Iterator[str]:
        """The members of the customers from `start` on."""
        begin = 0
        for userid, end in zip(self.staff, self.ends, strict=True):
            yield from itertools.repeat(userid, max(0, end - max(begin, start)))
            begin = end

    def _person(self, dice: random.Random, number: int, letters: str) -> tuple[Any, ...]:
        """Ids grow with the number, so that a member's customers lie side by side in the file."""
        gender, name = self.people[int(dice.random() * len(self.people))]
        colleague = number % 40 == 13
        ident = f"{'wo' if colleague else 'wm'}{self.common}{_sortable(number)}{letters[:18]}"
        union = "" if colleague or not self.corp.knobs.bound_unionid else f"o{letters[17:]}"
        company, title = ("腾云科技", "采购") if colleague else ("", "")
        created = self.now - int(dice.random() ** 1.6 * PAST) - 60
        return (self.corpid, ident, name, 2 if colleague else 1, gender, union, company, title, created)

    def _follow(
        self, dice: random.Random, ident: int, userid: str, person: tuple[Any, ...], state: str
    ) -> tuple[Any, ...]:
        draw = dice.random
        add_way, channel = WAYS[int(draw() * len(WAYS))]
        at = person[8] if state != "half" else self.now - int(draw() * 86400)
        return (
            ident,
            self.corpid,
            userid,
            person[1],
            state,
            channel,
            person[2] + REMARKS[int(draw() * len(REMARKS))],
            NOTES[int(draw() * len(NOTES))],
            add_way,
            userid if add_way == 2 else person[1],
            at,
            min(self.now, at + int(draw() * 30 * 86400)),
            min(self.now, at + 20 * 86400) if state in ("lost", "dropped") else None,
        )

    def groups(self, db: Db) -> None:
        """Of the members with most customers first; their customers are in them."""
        dice = chance.generator(self.seed, "crowd", self.corpid, "groups")
        for number in range(self.size.groups if self.staff else 0):
            owner = self.staff[number % len(self.staff)]
            born = self.now - int(dice.random() * PAST)
            wanted = 5 + int(dice.random() ** 3 * 180)
            rows = db.execute(
                "SELECT c.external_userid, c.name, c.unionid FROM follow f"
                " JOIN customer c USING (corpid, external_userid)"
                " WHERE f.corpid = ? AND f.userid = ? AND f.state = 'friend' ORDER BY f.id LIMIT ? OFFSET ?",
                (self.corpid, owner, wanted, number // len(self.staff) * wanted),
            )
            host = {"userid": owner, "type": 1, "join_time": born, "join_scene": 1, "group_nickname": ""}
            host["name"] = names.person(self.seed, self.corpid, "staff", number % len(self.staff))[1]
            members = [host, *(_guest(owner, born, place, *row) for place, row in enumerate(rows, start=1))]
            db.execute(
                "INSERT INTO group_chat (chat_id, corpid, name, owner, notice, create_time, members, admins)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    "wr" + chance.word(30, self.seed, self.corpid, "chat", number),
                    self.corpid,
                    f"{REGIONS[number % len(REGIONS)]}福利{number + 1}群",
                    owner,
                    "群内禁止广告",
                    born,
                    dumps(members),
                    "[]",
                ),
            )


def _guest(owner: str, born: int, place: int, ident: str, name: str, union: str) -> dict[str, Any]:
    shown = {
        "userid": ident,
        "type": 2,
        "join_time": born + 3600 * place,
        "join_scene": 1,
        "invitor": {"userid": owner},
    }
    return {**shown, "group_nickname": "", "name": name, **({"unionid": union} if union else {})}


def _people() -> list[tuple[int, str]]:
    """(gender, name), each as likely as the others: every surname with every given name, one nickname in eight."""
    full = [
        (gender, surname + given)
        for surname in names.SURNAMES
        for gender, givens in ((2, names.FEMALE), (1, names.MALE))
        for given in givens
    ]
    nicknames = itertools.islice(itertools.cycle(names.NICKNAMES), len(full) // 7)
    return full + [(0, name) for name in nicknames]


def _shares(customers: int, staff: int) -> list[int]:
    """How many customers each member has: the first five times the average, the last half of it."""
    weights = [(number + 10) ** -0.4 for number in range(staff)]
    total, given, shares = sum(weights), 0, []
    for number, weight in enumerate(itertools.accumulate(weights), start=1):
        share = (customers if number == staff else round(customers * weight / total)) - given
        shares.append(share)
        given += share
    return shares


def _state(number: int) -> str:
    if number % 97 == 7:
        return "half"
    return "lost" if number % 33 == 5 else "dropped" if number % 100 == 11 else "friend"


def _sortable(number: int) -> str:
    """Five letters that sort as the numbers do."""
    front, back = divmod(number, len(PAIRS))
    first, middle = divmod(front, len(PAIRS))
    return SORTED[first] + PAIRS[middle] + PAIRS[back]
