"""Data files that other versions of the sandbox wrote: brought up to date, or refused in a sentence."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.test import Client

from tests.sandbox.actors import AES_KEY
from wecom.sandbox import corps
from wecom.sandbox.app import App
from wecom.sandbox.upgrade import VERSION, Unusable, bring_up_to_date
from wecom.sandbox.world import World

ROOT = Path(__file__).resolve().parents[2]
OLD = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('seed', '7');
CREATE TABLE corp (
    corpid TEXT PRIMARY KEY, name TEXT NOT NULL, agentid INTEGER NOT NULL, secret TEXT NOT NULL, token TEXT NOT NULL,
    aes_key TEXT NOT NULL, callback_url TEXT NOT NULL DEFAULT '', quota_policy TEXT NOT NULL DEFAULT 'month',
    settings TEXT NOT NULL DEFAULT '{{}}'
);
INSERT INTO corp VALUES ('ww1', '老店', 1000007, 'secret', 'token', '{AES_KEY}', 'http://127.0.0.1:9/', 'week',
    '{{"drift":false,"customer_api":true,"trusted_ips":["127.0.0.1"],"minute_limit":77,"forgotten":1}}');
CREATE TABLE staff (
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL,
    departments TEXT NOT NULL DEFAULT '[1]', gender TEXT NOT NULL DEFAULT '0', title TEXT NOT NULL DEFAULT '',
    status INTEGER NOT NULL DEFAULT 1, external INTEGER NOT NULL DEFAULT 1, visible INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (corpid, userid)
);
INSERT INTO staff (corpid, userid, name, visible) VALUES ('ww1', 'anna', '安娜', 1), ('ww1', 'dora', '朵拉', 0);
CREATE TABLE tag_group (
    id TEXT PRIMARY KEY, corpid TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0,
    create_time INTEGER NOT NULL, maker TEXT NOT NULL DEFAULT 'app', deleted INTEGER NOT NULL DEFAULT 0
);
INSERT INTO tag_group (id, corpid, name, create_time, maker) VALUES
    ('etG1', 'ww1', '等级', 1, 'app'), ('etG2', 'ww1', '管理员', 1, 'admin');
CREATE TABLE contact_way (
    config_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL,
    scans INTEGER NOT NULL DEFAULT 0
);
INSERT INTO contact_way VALUES ('way1', 'ww1', '{{"type":1,"scene":2,"user":["anna"]}}', 1, 3);
CREATE TABLE access_token (
    token TEXT PRIMARY KEY, corpid TEXT NOT NULL, expires INTEGER NOT NULL, revoked INTEGER
);
INSERT INTO access_token VALUES ('tok', 'ww1', 99999999999, NULL);
CREATE TABLE welcome (
    code TEXT PRIMARY KEY, corpid TEXT NOT NULL, userid TEXT NOT NULL, external_userid TEXT NOT NULL,
    issued REAL NOT NULL, used REAL, content TEXT NOT NULL DEFAULT '{{}}'
);
CREATE INDEX welcome_of_relation ON welcome (corpid, userid, external_userid);
INSERT INTO welcome (code, corpid, userid, external_userid, issued) VALUES
    ('W1', 'ww1', 'anna', 'wm1', 1), ('W2', 'ww1', 'anna', 'wm2', 1);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite3"
    db = sqlite3.connect(path)
    db.executescript(OLD)
    db.close()
    return path


def test_the_only_app_of_an_old_corp_becomes_its_first(old: Path) -> None:
    world = World(old)
    with world.store.reading() as db:
        corp = corps.find(db, "ww1")
    assert corp is not None
    (app,) = corp.apps
    assert (app.agentid, app.secret, app.token, app.aes_key) == (1000007, "secret", "token", AES_KEY)
    assert (app.callback_url, app.trusted_ips, app.customer_api) == ("http://127.0.0.1:9/", ["127.0.0.1"], True)
    assert (corp.name, corp.quota_policy, corp.knobs.minute_limit, world.seed) == ("老店", "week", 77, 7)
    world.close()


def test_what_the_old_app_made_is_still_its_own(old: Path) -> None:
    world = World(old)
    with world.store.reading() as db:
        groups = {row["id"]: row["agentid"] for row in db.execute("SELECT id, agentid FROM tag_group")}
        ways = [tuple(row) for row in db.execute("SELECT config_id, agentid, scans FROM contact_way")]
        arrivals = {row["arrival"] for row in db.execute("SELECT arrival FROM welcome")}
        seen = [row["userid"] for row in db.execute("SELECT userid FROM app_member")]
    assert groups == {"etG1": 1000007, "etG2": 0}
    assert ways == [("way1", 1000007, 3)]
    assert len(arrivals) == 2
    assert seen == ["anna"]
    world.close()


def test_an_old_token_goes_on_working(old: Path) -> None:
    world = World(old)
    answer = Client(App(world)).get(
        "/cgi-bin/externalcontact/get_follow_user_list?access_token=tok", environ_base={"REMOTE_ADDR": "127.0.0.1"}
    )
    assert answer.json["follow_user"] == ["anna"]
    world.close()


def test_opening_twice_changes_nothing(old: Path) -> None:
    World(old).close()
    db = sqlite3.connect(old)
    before = list(db.iterdump())
    db.close()
    World(old).close()
    db = sqlite3.connect(old)
    assert list(db.iterdump()) == before
    assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION
    db.close()


def test_what_cannot_be_brought_up_to_date_stays_as_it_was(old: Path) -> None:
    db = sqlite3.connect(old, isolation_level=None)
    db.execute("INSERT INTO tag_group (id, corpid, name, create_time) VALUES ('etG9', 'wwgone', '谁的', 1)")
    before = list(db.iterdump())
    with pytest.raises(Unusable, match="cannot be brought up to date"):
        bring_up_to_date(db)
    assert list(db.iterdump()) == before
    db.close()


def test_a_file_of_a_newer_sandbox_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    done = subprocess.run(
        [sys.executable, "-m", "wecom.sandbox", "--port", "0", "--data", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"a newer sandbox wrote it (version {VERSION + 1}" in done.stderr
    assert "Traceback" not in done.stderr
