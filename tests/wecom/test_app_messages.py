"""Messages to staff: every kind, who gets them, taking back, and cards that are pressed and changed."""

import pytest

from tests.wecom.files import mp4, png
from tests.wecom.heard import events, listen
from wecom import cards, inbox
from wecom.app_content import (
    Article,
    Audience,
    Markdown,
    Media,
    MiniProgramNotice,
    MpArticle,
    MpNews,
    News,
    Options,
    Text,
    TextCard,
    Video,
)
from wecom.client import WeComClient, client_for
from wecom.envelope import parse
from wecom.errors import ErrorKind, WeComError
from wecom.models import InboxEvent
from wecom.payloads import AppEvent, CardEvent, StaffMessage

LIN = Audience(["lin"])
TITLE = cards.Title("跟进任务", "今天 3 个")
OPEN = cards.Jump(url="https://a.cn")
OPTIONS = (cards.Option("1", "是"), cards.Option("2", "否", is_checked=True))
SUBMIT = cards.SubmitButton("提交", "submit")


def buttons(task_id: str = "task-1", **more) -> cards.ButtonInteraction:
    return cards.ButtonInteraction(
        main_title=TITLE,
        task_id=task_id,
        button_list=[cards.Button("完成", "done"), cards.Button("跳过", "skip")],
        **more,
    )


CARDS = {
    "text_notice": cards.TextNotice(
        main_title=TITLE,
        task_id="t-text",
        source=cards.Source(desc="SCRM", desc_color=1),
        action_menu=cards.ActionMenu([cards.Action("不再提醒", "mute")]),
        quote_area=cards.Quote(type=1, url="https://a.cn", title="引用"),
        emphasis_content=cards.Title("3", "待办"),
        horizontal_content_list=[cards.Row("客户", "张三"), cards.Row("成员", "林", type=3, userid="lin")],
        jump_list=[cards.Jump("全部", url="https://a.cn")],
        card_action=OPEN,
    ),
    "news_notice": cards.NewsNotice(
        main_title=TITLE,
        card_image=cards.CardImage("https://a.cn/a.png"),
        image_text_area=cards.ImageText("https://a.cn/b.png", "标题"),
        vertical_content_list=[cards.Title("一", "二")],
        card_action=OPEN,
    ),
    "button_interaction": buttons(button_selection=cards.Selection("why", OPTIONS, "原因", "1")),
    "vote_interaction": cards.VoteInteraction(
        main_title=TITLE, task_id="t-vote", checkbox=cards.Checkbox("q", OPTIONS, 1), submit_button=SUBMIT
    ),
    "multiple_interaction": cards.MultipleInteraction(
        main_title=TITLE,
        task_id="t-many",
        select_list=[cards.Selection("q1", OPTIONS), cards.Selection("q2", OPTIONS)],
        submit_button=SUBMIT,
    ),
}


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    """Of an app with a callback URL."""
    listen(sandbox)
    return client_for(corp)


def phone(sandbox, userid: str = "lin") -> list[dict]:
    """Newest first."""
    return sandbox.corp("GET", f"staff/{userid}")["app_messages"]


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as error:
        call()
    return error.value.errcode, error.value.kind


def press(sandbox, msgid: str, key: str, *chosen: dict) -> str:
    return sandbox.corp("POST", "staff/lin/press", msgid=msgid, key=key, chosen=list(chosen))["response_code"]


# --- kinds ---


def test_every_kind_of_message_arrives(wecom, sandbox):
    picture = wecom.media.upload("image", "a.png", png(10, 10)).media_id
    film = wecom.media.upload("video", "a.mp4", mp4(5)).media_id
    paper = wecom.media.upload("file", "a.pdf", b"%PDF-1.7 0").media_id
    voice = wecom.media.upload("voice", "a.amr", b"#!AMR\n123456").media_id
    contents = [
        Text("你好"),
        Markdown("**粗**"),
        TextCard("标题", "描述", "https://a.cn"),
        Media("image", picture),
        Media("voice", voice),
        Media("file", paper),
        Video(film, "片名"),
        News([Article("文章", "https://a.cn"), Article("小程序", appid="wx1", pagepath="p")]),
        MpNews([MpArticle("文章", picture, "<p>正文</p>")]),
        MiniProgramNotice("wx1", "跟进任务提醒", items={"客户": "张三"}),
    ]
    for content in contents:
        assert wecom.app.send(LIN, content).msgid
    arrived = phone(sandbox)[::-1]
    assert [one["msgtype"] for one in arrived] == [content.msgtype for content in contents]
    assert [one["title"] for one in arrived[7]["articles"]] == ["文章", "小程序"]
    assert arrived[9]["items"] == [["客户", "张三"]]


def test_departments_tags_and_everybody(wecom, sandbox):
    sandbox.corp("POST", "member_tags", id=7, userids=["wang"])
    answer = wecom.app.send(Audience(["LIN", "Nobody"], parties=[3, 99], tags=[7, 8]), Text("a"))
    assert (answer.invaliduser, answer.invalidparty, answer.invalidtag) == ("nobody", "99", "8")
    wecom.app.send(Audience(everyone=True), Text("b"))
    assert [[one["content"] for one in phone(sandbox, who)] for who in ("lin", "wang")] == [["b", "a"], ["b", "a"]]
    assert refusal(lambda: wecom.app.send(Audience(["nobody"], tags=[8]), Text("c"))) == (81013, ErrorKind.PERMANENT)


def test_the_same_request_arrives_once_while_it_is_checked(wecom, sandbox):
    checked = Options(duplicate_check=600)
    for _ in range(2):
        wecom.app.send(LIN, Text("一次"), checked)
    assert len(phone(sandbox)) == 1
    wecom.app.send(LIN, Text("一次"))
    wecom.app.send(LIN, Text("另一条"), checked)
    assert len(phone(sandbox)) == 3
    sandbox.advance(601)
    wecom.app.send(LIN, Text("一次"), checked)
    assert len(phone(sandbox)) == 4


def test_over_30_a_minute_to_one_member_are_dropped_without_a_word(wecom, sandbox):
    assert all(wecom.app.send_text(["lin", "wang"], str(n)).refused == [] for n in range(31))
    assert (len(phone(sandbox)), len(phone(sandbox, "wang"))) == (30, 30)


def test_person_times_of_a_day_are_limited(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, account_cap=0)
    assert refusal(lambda: wecom.app.send_text(["lin"], "x")) == (45009, ErrorKind.LIMIT)


# --- taking back ---


def test_a_message_is_recalled_within_24_hours(wecom, sandbox):
    early, late = wecom.app.send_text(["lin"], "一").msgid, wecom.app.send_text(["lin"], "二").msgid
    wecom.app.recall(early)
    assert [one["msgtype"] for one in phone(sandbox)] == ["text", "recalled"]
    sandbox.advance(86_401)
    assert refusal(lambda: wecom.app.recall(late)) == (42052, ErrorKind.PERMANENT)
    assert refusal(lambda: wecom.app.recall("gone")) == (41047, ErrorKind.GONE)


# --- cards ---


@pytest.mark.parametrize("kind", CARDS)
def test_each_card_arrives_as_it_was_made(kind, wecom, sandbox):
    answer = wecom.app.send(LIN, CARDS[kind])
    (arrived,) = phone(sandbox)
    assert arrived["card"] == CARDS[kind].body()
    assert bool(answer.response_code) == (kind != "news_notice")


def test_a_pressed_button_comes_back_with_what_was_chosen(wecom, sandbox):
    msgid = wecom.app.send(LIN, CARDS["multiple_interaction"]).msgid
    answers = [{"question_key": "q1", "option_ids": ["1"]}, {"question_key": "q2", "option_ids": ["2"]}]
    code = press(sandbox, msgid, "submit", *answers)
    (told,) = [event for event in events(sandbox) if event["Event"] == "template_card_event"]
    event = CardEvent.from_wecom(told)
    assert (event.FromUserName, event.EventKey, event.TaskId, event.CardType) == (
        *("lin", "submit", "t-many"),
        "multiple_interaction",
    )
    assert (event.ResponseCode, event.AgentID) == (code, wecom.corp.agentid)
    assert [(one.question_key, one.option_ids) for one in event.SelectedItems] == [("q1", ("1",)), ("q2", ("2",))]


def test_a_menu_entry_is_an_event_of_its_own(wecom, sandbox):
    msgid = wecom.app.send(LIN, CARDS["text_notice"]).msgid
    press(sandbox, msgid, "mute")
    assert events(sandbox, "Event", "EventKey", "CardType")[-1] == ("template_card_menu_event", "mute", "text_notice")


def test_a_response_code_closes_a_card_once(wecom, sandbox):
    sent = wecom.app.send(Audience(["lin", "wang"]), buttons())
    code = press(sandbox, sent.msgid, "done")
    assert wecom.app.close_card(["lin", "nobody"], code, "已完成").invaliduser == ("nobody",)
    assert [phone(sandbox, who)[0].get("closed") for who in ("lin", "wang")] == ["已完成", None]
    assert refusal(lambda: wecom.app.close_card(["lin"], code, "又"))[1] is ErrorKind.PERMANENT
    wecom.app.update_card([], sent.response_code, CARDS["news_notice"], everyone=True)
    assert {phone(sandbox, who)[0]["card"]["card_type"] for who in ("lin", "wang")} == {"news_notice"}


def test_a_response_code_lives_72_hours(wecom, sandbox):
    first, second = (wecom.app.send(LIN, buttons(f"t{n}")).response_code for n in range(2))
    sandbox.advance(72 * 3600 - 60)
    wecom.app.close_card(["lin"], first, "好")
    sandbox.advance(120)
    assert refusal(lambda: wecom.app.close_card(["lin"], second, "好"))[0] == 40035


def test_a_task_id_is_used_once(wecom):
    wecom.app.send(LIN, buttons())
    assert refusal(lambda: wecom.app.send(LIN, buttons())) == (42014, ErrorKind.PERMANENT)


def test_interactive_cards_need_a_callback_url(corp, sandbox):
    wecom = client_for(corp)
    for kind in ("button_interaction", "vote_interaction", "multiple_interaction", "text_notice"):
        assert refusal(lambda kind=kind: wecom.app.send(LIN, CARDS[kind])) == (43012, ErrorKind.CONFIG)
    assert wecom.app.send(LIN, CARDS["news_notice"]).msgid


# --- what is never sent ---

REFUSED_BEFORE_THE_CALL = {
    "text.content has 2049 bytes": Text("x" * 2049),
    "markdown.content has 2049 bytes": Markdown("x" * 2049),
    "text.content is missing": Text(""),
    "msgtype is none of": Media("gif", "m"),
    "image.media_id is missing": Media("image", ""),
    "video.title has 129 bytes": Video("m", "x" * 129),
    "news.articles has 9 entries": News([Article("t", "https://a.cn")] * 9),
    "news.articles has 0 entries": News([]),
    r"news.articles\[0\].url is missing": News([Article("t", appid="wx1")]),
    r"mpnews.articles\[0\].content is missing": MpNews([MpArticle("t", "m", "")]),
    "title has 3 characters": MiniProgramNotice("wx1", "三个字"),
    "content_item has 11 entries": MiniProgramNotice("wx1", "四个字的", items={str(n): "v" for n in range(11)}),
    "template_card.task_id is missing": buttons(""),
    "task_id is not 1 to 128": buttons("no spaces"),
    "button_list has 7 entries": cards.ButtonInteraction(
        main_title=TITLE, task_id="t", button_list=[cards.Button("b", "k")] * 7
    ),
    "template_card.key is missing": cards.ButtonInteraction(
        main_title=TITLE, task_id="t", button_list=[cards.Button("b")]
    ),
    "horizontal_content_list has 7 entries": cards.TextNotice(
        main_title=TITLE, card_action=OPEN, horizontal_content_list=[cards.Row("k")] * 7
    ),
    "jump_list has 4 entries": cards.TextNotice(main_title=TITLE, card_action=OPEN, jump_list=[OPEN] * 4),
    "card_action is missing": cards.TextNotice(main_title=TITLE),
    "vertical_content_list has 5 entries": cards.NewsNotice(
        main_title=TITLE,
        card_image=cards.CardImage("https://a.cn"),
        card_action=OPEN,
        vertical_content_list=[TITLE] * 5,
    ),
    "action_list has 4 entries": cards.TextNotice(
        main_title=TITLE, card_action=OPEN, task_id="t", action_menu=cards.ActionMenu([cards.Action("a", "k")] * 4)
    ),
    "select_list has 4 entries": cards.MultipleInteraction(
        main_title=TITLE, task_id="t", select_list=[cards.Selection("q", OPTIONS)] * 4, submit_button=SUBMIT
    ),
    "option_list has 21 entries": cards.VoteInteraction(
        main_title=TITLE, task_id="t", checkbox=cards.Checkbox("q", OPTIONS[:1] * 21), submit_button=SUBMIT
    ),
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_or_cut_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as error:
        client.app.send(LIN, REFUSED_BEFORE_THE_CALL[problem])
    assert error.value.kind is ErrorKind.PERMANENT
    assert played.asked == []


@pytest.mark.parametrize(
    ("problem", "to", "options"),
    [
        ("touser has 1001 entries", Audience(["u"] * 1001), Options()),
        ("toparty has 101 entries", Audience(parties=[1] * 101), Options()),
        ("totag has 101 entries", Audience(tags=[1] * 101), Options()),
        ("touser has 0 entries", Audience(), Options()),
        ("at most 4 h", LIN, Options(duplicate_check=14_401)),
    ],
)
def test_too_many_receivers_are_never_asked_for(problem, to, options, client, played):
    with pytest.raises(WeComError, match=problem):
        client.app.send(to, Text("a"), options)
    assert played.asked == []


# --- the documents' own examples ---


def test_the_documented_card_is_what_is_sent(client, played, sample):
    documented = sample("message_send.template_card_text_notice.request.json")
    given = documented["template_card"]
    card = cards.TextNotice(
        task_id=given["task_id"],
        source=cards.Source(**given["source"]),
        action_menu=cards.ActionMenu(
            [cards.Action(**action) for action in given["action_menu"]["action_list"]], given["action_menu"]["desc"]
        ),
        main_title=cards.Title(**given["main_title"]),
        quote_area=cards.Quote(**given["quote_area"]),
        emphasis_content=cards.Title(**given["emphasis_content"]),
        sub_title_text=given["sub_title_text"],
        horizontal_content_list=[cards.Row(**row) for row in given["horizontal_content_list"]],
        jump_list=[cards.Jump(**jump) for jump in given["jump_list"]],
        card_action=cards.Jump(**given["card_action"]),
    )
    played.default = [{"errcode": 0, "msgid": "m"}]
    client.app.send(Audience(documented["touser"].split("|")), card)
    sent = played.asked[-1].body
    assert sent["template_card"] == given
    assert (sent["touser"], sent["msgtype"]) == (documented["touser"], "template_card")


def test_the_documented_event_is_understood(sample):
    event = CardEvent.from_wecom(parse(sample("callback_template_card_event.xml").encode()))
    assert (event.FromUserName, event.EventKey, event.TaskId, event.ResponseCode, event.AgentID) == (
        *("FromUser", "key111", "taskid111", "ResponseCode"),
        1,
    )
    assert [(one.question_key, one.option_ids) for one in event.SelectedItems] == [
        ("QuestionKey1", ("OptionId1", "OptionId2")),
        ("QuestionKey2", ("OptionId3", "OptionId4")),
    ]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " JavaScript:x", "java\nscript:x", "data:text/html,x", "file:///"]
)
def test_attack_31_links_lead_to_web_pages_only(url, client, played):
    link = {"msgtype": "link", "link": {"title": "t", "url": url, "media_id": "m"}}
    calls = [
        lambda: client.app.send(LIN, TextCard("t", "d", url)),
        lambda: client.app.send(LIN, News([Article("t", url)])),
        lambda: client.app.send(LIN, cards.TextNotice(main_title=TITLE, card_action=cards.Jump(url=url))),
        lambda: client.app.send(
            LIN, cards.NewsNotice(main_title=TITLE, card_image=cards.CardImage(url), card_action=OPEN)
        ),
        lambda: client.moments.create(attachments=[link]),
        lambda: client.mass.create_for_all(sender="u", attachments=[link]),
        lambda: client.welcome.send("code", "", [link]),
    ]
    for call in calls:
        with pytest.raises(WeComError, match="only http and https"):
            call()
    assert played.asked == []


def test_attack_42_neither_codes_nor_tickets_reach_the_log(client, played, caplog):
    played.default = [{"errcode": 84015, "errmsg": "expired"}]
    for call in (lambda: client.auth.userinfo("secret-code"), lambda: client.auth.userdetail("secret-ticket")):
        with pytest.raises(WeComError) as error:
            call()
        assert "secret" not in f"{error.value!r} {error.value}"
    played.default = [{"errcode": 0, "ticket": "secret-js", "expires_in": 7200}]
    assert "secret" not in repr(client.jssdk._fetch_app_ticket())
    assert "secret" not in caplog.text


# --- what staff say and do comes in ---


def test_what_staff_say_and_do_is_stored_and_understood(live, sandbox, corp):
    sandbox.corp("POST", "staff/lin/say", Content="查客户 <张三>")
    sandbox.corp("POST", "staff/lin/app_event", event="enter_agent")
    sandbox.deliver_callbacks()
    assert inbox.process(corp.pk) == 2
    said, entered = InboxEvent.objects.filter(corp=corp).order_by("id")
    message, event = StaffMessage.from_wecom(said.payload), AppEvent.from_wecom(entered.payload)
    assert (message.FromUserName, message.MsgType, message.Content) == ("lin", "text", "查客户 <张三>")
    assert (event.FromUserName, event.Event, event.AgentID) == ("lin", "enter_agent", corp.agentid)
    assert {row.state for row in (said, entered)} <= {"done", "ignored"}
