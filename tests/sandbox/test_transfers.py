"""Transfers as apps outside see them: pages of results, what survives a restart, what time alone brings about."""

from pathlib import Path

from tests.sandbox.actors import Corp, Receiver
from wecom.sandbox.server import Server

PAIR = {"handover_userid": "anna", "takeover_userid": "Bert"}


def test_results_come_in_pages_of_a_thousand(corp: Corp, server: Server) -> None:
    rows = [(corp.corpid, "onjob", "anna", "Bert", f"wm{number}", "", number) for number in range(1001)]
    with server.world.store.transaction() as db:
        db.executemany(
            "INSERT INTO transfer (corpid, kind, handover, takeover, external_userid, message, asked, status, done)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1700000000)",
            rows,
        )
    first = corp.post("externalcontact/transfer_result", PAIR)
    second = corp.post("externalcontact/transfer_result", {**PAIR, "cursor": first["next_cursor"]})
    assert [len(first["customer"]), len(second["customer"]), second["next_cursor"]] == [1000, 1, ""]
    assert first["customer"][0] == {"external_userid": "wm0", "status": 1, "takeover_time": 1700000000}
    assert corp.post("externalcontact/transfer_result", {**PAIR, "cursor": "x"})["errcode"] == 50100
    other = {"handover_userid": "Bert", "takeover_userid": "anna", "cursor": first["next_cursor"]}
    assert corp.post("externalcontact/transfer_result", other)["errcode"] == 50100


def test_a_transfer_that_ends_while_the_clock_is_turned_is_heard_of(heard: Corp, receiver: Receiver) -> None:
    customer = heard.add("anna")
    receiver.wait(1)
    asked = heard.post("externalcontact/transfer_customer", {**PAIR, "external_userid": [customer]})
    assert asked["customer"] == [{"external_userid": customer, "errcode": 0}]
    heard.advance(3 * 86400)
    events = receiver.wait(3)[1:]
    assert [(event["ChangeType"], event["UserID"]) for event in events] == [
        ("del_external_contact", "anna"),
        ("add_external_contact", "Bert"),
    ]
    (state,) = heard.post("externalcontact/transfer_result", PAIR)["customer"]
    assert [int(event["CreateTime"]) for event in events] == [state["takeover_time"]] * 2


def test_a_waiting_transfer_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    server = Server(path)
    with server.world.store.transaction() as db:
        db.execute(
            "INSERT INTO transfer (corpid, kind, handover, takeover, external_userid, message, asked)"
            " VALUES ('ww', 'onjob', 'a', 'b', 'wm', '', 1)"
        )
    server.close()
    server = Server(path)
    with server.world.store.transaction() as db:
        assert db.execute("SELECT count(*) FROM transfer WHERE status = 2").fetchone()[0] == 1
    server.close()


def test_members_who_wrote_and_customers_who_were_asked_are_listed(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.act("staff/anna/write", external_userid=customer)
    corp.act("staff/Bert/write", 409, external_userid=customer)
    corp.post("externalcontact/transfer_customer", {**PAIR, "external_userid": [customer]})
    (transfer,) = corp.look("transfers")["transfers"]
    assert (transfer["handover"], transfer["takeover"], transfer["status"]) == ("anna", "Bert", 2)
    corp.act("staff/anna/standing", 400, activated="yes")
    corp.act("customers/wmnobody/refuse_transfer", 409)
