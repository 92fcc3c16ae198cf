"""Corps of any size: the same from the same seed, resumed after a kill, and read like any other."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.actors import Corp
from wecom.sandbox import crowd, preset
from wecom.sandbox.crowd import Size
from wecom.sandbox.relations import Impossible
from wecom.sandbox.world import World

SMALL = Size(customers=500, staff=20, groups=30)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "CHUNK", 200)


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    worlds = []

    def make(name: str = "store", seed: int = 3) -> World:
        world = World(tmp_path / f"{name}.sqlite3", seed=seed)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()


def fill(world: World, size: Size = SMALL, told: Callable[[int], None] = lambda _: None) -> None:
    shop, _ = preset.open_shop(world, "")
    crowd.fill(world.store, world.clock, shop, size, told)


def people(world: World) -> list[Any]:
    """Who knows whom with which tags; not the times, which begin with the real now."""
    with world.store.reading() as db:
        rows = db.execute(
            "SELECT f.id, f.userid, f.external_userid, f.state, f.remark, c.name, c.unionid,"
            " (SELECT group_concat(tag_id) FROM follow_tag WHERE follow_id = f.id)"
            " FROM follow f JOIN customer c USING (corpid, external_userid) ORDER BY f.id"
        )
        chats = db.execute("SELECT chat_id, owner, json_array_length(members) FROM group_chat ORDER BY id")
        return [tuple(row) for row in (*rows.fetchall(), *chats.fetchall())]


def test_the_same_seed_makes_the_same_people_and_another_one_others(make_world: Callable[..., World]) -> None:
    one, two, other = make_world("one"), make_world("two"), make_world("other", seed=4)
    for world in (one, two, other):
        fill(world)
    assert people(one) == people(two)
    assert people(one) != people(other)


def test_who_is_stopped_in_between_goes_on_there(make_world: Callable[..., World]) -> None:
    whole, broken = make_world("whole"), make_world("broken")
    fill(whole)

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(broken, told=stop)
    assert 0 < len(people(broken)) < len(people(whole))
    broken.close()
    resumed = make_world("broken")
    fill(resumed)
    assert people(resumed) == people(whole)


def test_filling_again_changes_nothing_and_another_size_is_refused(make_world: Callable[..., World]) -> None:
    world = make_world()
    fill(world)
    before = people(world)
    fill(world)
    assert people(world) == before
    with pytest.raises(Impossible, match="500"):
        fill(world, Size(customers=501, staff=20, groups=30))


def test_people_are_many_and_differ(make_world: Callable[..., World]) -> None:
    world = make_world()
    fill(world)
    with world.store.reading() as db:
        states = Counter(row["state"] for row in db.execute("SELECT state FROM follow"))
        tags = Counter(row["tag_id"] for row in db.execute("SELECT tag_id FROM follow_tag"))
        shares = [row[0] for row in db.execute("SELECT count(*) FROM follow GROUP BY userid ORDER BY 1 DESC")]
        ids = [row[0] for row in db.execute("SELECT external_userid FROM customer")]
    assert set(states) == {"friend", "half", "lost", "dropped"}
    assert len(set(ids)) == 500
    assert {len(ident) for ident in ids} == {32}
    assert (
        tags.most_common()[0][1] > 10 * tags.most_common()[-1][1]
    )  # some tags are everybody's, some hardly anybody's
    assert shares[0] > 1.5 * shares[-1]


@pytest.fixture
def crowded(corp: Corp) -> Corp:
    answer = corp.act("crowd", customers=500, staff=20, groups=30)
    assert (answer["customers"], answer["staff"], answer["groups"]) == (500, 20, 30)
    return corp


def test_the_crowd_is_read_through_the_api_like_anybody(crowded: Corp) -> None:
    staff = [one for one in crowded.get("externalcontact/get_follow_user_list")["follow_user"] if one[:5] == "staff"]
    assert len(staff) == 20
    pairs, cursor = [], ""
    while True:
        body = {"userid_list": staff, "limit": 100, "cursor": cursor}
        answer = crowded.post("externalcontact/batch/get_by_user", body)
        pairs += [
            (row["follow_info"]["userid"], row["external_contact"]["external_userid"])
            for row in answer["external_contact_list"]
        ]
        cursor = answer.get("next_cursor", "")
        if not cursor:
            break
    listed = [
        (userid, ident)
        for userid in staff
        for ident in crowded.get("externalcontact/list", userid=userid)["external_userid"]
    ]
    assert sorted(pairs) == sorted(listed)
    assert len(set(pairs)) == len(pairs) > 500


def test_groups_come_in_pages_and_hold_the_owners_customers(crowded: Corp) -> None:
    chats, cursor = [], ""
    while True:
        answer = crowded.post("externalcontact/groupchat/list", limit=7, cursor=cursor)
        chats += [row["chat_id"] for row in answer["group_chat_list"]]
        cursor = answer.get("next_cursor", "")
        if not cursor:
            break
    assert len(set(chats)) == 30
    chat = crowded.post("externalcontact/groupchat/get", chat_id=chats[0], need_name=1)["group_chat"]
    owned = crowded.get("externalcontact/list", userid=chat["owner"])["external_userid"]
    guests = [member["userid"] for member in chat["member_list"] if member["type"] == 2]
    assert guests
    assert set(guests) <= set(owned)


def test_a_crowd_without_staff_or_of_a_wrong_size_is_refused(corp: Corp) -> None:
    assert "staff" in corp.act("crowd", 400, customers=5, staff=0)["error"]
    assert "customers" in corp.act("crowd", 400, customers=10**9)["error"]
    corp.act("crowd", customers=5, staff=1, groups=0)
    assert "5" in corp.act("crowd", 409, customers=6, staff=1, groups=0)["error"]
