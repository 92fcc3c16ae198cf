CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS corp (
    corpid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    quota_policy TEXT NOT NULL DEFAULT 'month',
    settings TEXT NOT NULL DEFAULT '{}'
);

-- customer_api, payment_api: in 客户联系's, in 对外收款's list of apps; departments, userids: the visible range as JSON lists, both empty: everybody;
-- trusted_ips: a JSON list, empty: any; early: from before the restrictions of 2022. The corp's first app has position 0.
CREATE TABLE IF NOT EXISTS app (
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, position INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '',
    secret TEXT NOT NULL, token TEXT NOT NULL, aes_key TEXT NOT NULL, callback_url TEXT NOT NULL DEFAULT '',
    customer_api INTEGER NOT NULL DEFAULT 1, payment_api INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL DEFAULT 'self-built', early INTEGER NOT NULL DEFAULT 0, departments TEXT NOT NULL DEFAULT '[]',
    userids TEXT NOT NULL DEFAULT '[]', trusted_ips TEXT NOT NULL DEFAULT '[]', redirect_domain TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (corpid, agentid), UNIQUE (corpid, secret)
);

-- Whom each app sees: its visible range, departments expanded.
CREATE TABLE IF NOT EXISTS app_member (
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, userid TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (corpid, agentid, userid)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS department (
    corpid TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,
    parentid INTEGER NOT NULL, position INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (corpid, id)
) WITHOUT ROWID;

-- external: has the 客户联系 right; visible: no app sees who is not; departments: JSON list of ids
CREATE TABLE IF NOT EXISTS staff (
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL,
    departments TEXT NOT NULL DEFAULT '[1]', gender TEXT NOT NULL DEFAULT '0', title TEXT NOT NULL DEFAULT '',
    status INTEGER NOT NULL DEFAULT 1, external INTEGER NOT NULL DEFAULT 1, visible INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (corpid, userid)
);

CREATE TABLE IF NOT EXISTS customer (
    corpid TEXT NOT NULL, external_userid TEXT NOT NULL, name TEXT NOT NULL,
    type INTEGER NOT NULL DEFAULT 1, gender INTEGER NOT NULL DEFAULT 0, unionid TEXT NOT NULL DEFAULT '',
    corp_name TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL,
    PRIMARY KEY (corpid, external_userid)
);

-- state: friend; half (the staff has not confirmed); dropped (the staff deleted the customer); lost (the reverse)
CREATE TABLE IF NOT EXISTS follow (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, external_userid TEXT NOT NULL,
    state TEXT NOT NULL, channel TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '', remark_company TEXT NOT NULL DEFAULT '',
    remark_mobiles TEXT NOT NULL DEFAULT '[]', add_way INTEGER NOT NULL DEFAULT 0,
    oper_userid TEXT NOT NULL, createtime INTEGER NOT NULL, last_contact INTEGER NOT NULL,
    chatted INTEGER NOT NULL DEFAULT 0, ended_at INTEGER,
    UNIQUE (corpid, userid, external_userid)
);
CREATE INDEX IF NOT EXISTS follow_of_customer ON follow (corpid, external_userid);
CREATE INDEX IF NOT EXISTS follow_of_staff ON follow (corpid, userid, id);
CREATE INDEX IF NOT EXISTS follow_living ON follow (corpid, id) WHERE state = 'friend';  -- the simulated people choose
CREATE INDEX IF NOT EXISTS follow_waiting ON follow (corpid, createtime) WHERE state = 'half';

CREATE TABLE IF NOT EXISTS follow_tag (
    follow_id INTEGER NOT NULL, tag_id TEXT NOT NULL, PRIMARY KEY (follow_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS follow_of_tag ON follow_tag (tag_id);

-- agentid: the app that made it; 0: an admin in the console. Read-only for all other apps
CREATE TABLE IF NOT EXISTS tag_group (
    id TEXT PRIMARY KEY, corpid TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0,
    create_time INTEGER NOT NULL, agentid INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
    strategy_id INTEGER NOT NULL DEFAULT 0  -- of the rule group that may use its tags; 0: everybody may
);
CREATE TABLE IF NOT EXISTS tag (
    id TEXT PRIMARY KEY, corpid TEXT NOT NULL, group_id TEXT NOT NULL, name TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0, create_time INTEGER NOT NULL, agentid INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS tag_of_group ON tag (group_id);

CREATE TABLE IF NOT EXISTS contact_way (
    config_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, body TEXT NOT NULL,
    created INTEGER NOT NULL, scans INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS access_token (
    token TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER
);
CREATE INDEX IF NOT EXISTS access_token_of_app ON access_token (corpid, agentid, expires);

-- Each app has a code of its own for one and the same arrival; the first to use one wins.
CREATE TABLE IF NOT EXISTS welcome (
    code TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, arrival INTEGER NOT NULL, userid TEXT NOT NULL, external_userid TEXT NOT NULL,
    issued REAL NOT NULL, used REAL, content TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS welcome_of_relation ON welcome (corpid, userid, external_userid);
CREATE INDEX IF NOT EXISTS welcome_of_arrival ON welcome (arrival);

-- creator: '' when made through the API; agentid: 0 when made by the creator
CREATE TABLE IF NOT EXISTS mass (
    msgid TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, created REAL NOT NULL, chat_type TEXT NOT NULL,
    sender TEXT NOT NULL, creator TEXT NOT NULL DEFAULT '', content TEXT NOT NULL, cancelled REAL,
    asked TEXT NOT NULL DEFAULT '[]', allow_select INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS mass_by_time ON mass (corpid, created);
CREATE TABLE IF NOT EXISTS mass_task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    msgid TEXT NOT NULL, corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, created REAL NOT NULL,
    status INTEGER NOT NULL DEFAULT 0, send_time INTEGER, UNIQUE (msgid, userid)
);
CREATE INDEX IF NOT EXISTS mass_task_of_staff ON mass_task (corpid, userid, status);
-- target: an external_userid, or a chat_id for group sends
CREATE TABLE IF NOT EXISTS mass_target (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    msgid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, target TEXT NOT NULL,
    status INTEGER NOT NULL DEFAULT 0, send_time INTEGER, UNIQUE (msgid, userid, target)
);
CREATE INDEX IF NOT EXISTS mass_target_sent ON mass_target (target, send_time) WHERE status = 1;
CREATE TABLE IF NOT EXISTS reminder (msgid TEXT NOT NULL, at REAL NOT NULL);

-- What customers' phones received. The record that everything else is measured against; rows are never changed.
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, external_userid TEXT NOT NULL, userid TEXT NOT NULL, at REAL NOT NULL,
    kind TEXT NOT NULL, msgid TEXT NOT NULL DEFAULT '', chat_id TEXT NOT NULL DEFAULT '', content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS received_by_customer ON received (corpid, external_userid, kind, at);

-- purpose: '' for media/upload; moments, album (upload_attachment); by-url; picture (uploadimg, which never expires)
CREATE TABLE IF NOT EXISTS media (
    media_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, kind TEXT NOT NULL, filename TEXT NOT NULL,
    content_type TEXT NOT NULL, data BLOB NOT NULL, created INTEGER NOT NULL, purpose TEXT NOT NULL DEFAULT ''
);
-- status: 1 under way, 2 done, 3 failed; errcode: why it failed
CREATE TABLE IF NOT EXISTS upload_job (
    jobid TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, created REAL NOT NULL,
    kind TEXT NOT NULL, filename TEXT NOT NULL, url TEXT NOT NULL, md5 TEXT NOT NULL,
    status INTEGER NOT NULL DEFAULT 1, errcode INTEGER NOT NULL DEFAULT 0, media_id TEXT NOT NULL DEFAULT ''
);

-- body: the product as get_product_album shows it
CREATE TABLE IF NOT EXISTS product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id TEXT NOT NULL UNIQUE, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, body TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS product_of_corp ON product (corpid, id);

-- body: the rule as get_intercept_rule shows it
CREATE TABLE IF NOT EXISTS intercept_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, name TEXT NOT NULL, create_time INTEGER NOT NULL, body TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS intercept_rule_of_corp ON intercept_rule (corpid, id);

-- One row per receipt and per refund. project: the payment_id that an app began; agentid: that app, 0 for none.
-- body: the bill as get_bill_list shows it; of a receipt it changes when a refund is made
CREATE TABLE IF NOT EXISTS bill (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, at INTEGER NOT NULL, transaction_id TEXT NOT NULL, out_refund_no TEXT NOT NULL DEFAULT '',
    payee TEXT NOT NULL COLLATE NOCASE, project TEXT NOT NULL DEFAULT '', agentid INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL, UNIQUE (corpid, transaction_id, out_refund_no)
);
CREATE INDEX IF NOT EXISTS bill_by_time ON bill (corpid, at, id);
CREATE INDEX IF NOT EXISTS bill_of_project ON bill (corpid, project) WHERE project <> '';

-- What moved on the merchant accounts. body: the row as get_fund_flow shows it
CREATE TABLE IF NOT EXISTS fund_flow (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, at INTEGER NOT NULL, mch_id TEXT NOT NULL, operator TEXT NOT NULL COLLATE NOCASE,
    balance INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS fund_flow_by_time ON fund_flow (corpid, at, id);

CREATE TABLE IF NOT EXISTS app_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, at REAL NOT NULL,
    msgid TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS app_message_of_staff ON app_message (corpid, userid, at);

-- One message/send: fingerprint of its request, task_id of its card. Its deliveries are in app_message.
CREATE TABLE IF NOT EXISTS app_send (
    msgid TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, at REAL NOT NULL,
    fingerprint TEXT NOT NULL, task_id TEXT NOT NULL DEFAULT '', recalled REAL
);
CREATE INDEX IF NOT EXISTS app_send_of_app ON app_send (corpid, agentid, at);
-- Codes that change a card, once
CREATE TABLE IF NOT EXISTS card_code (code TEXT PRIMARY KEY, msgid TEXT NOT NULL, issued REAL NOT NULL, used REAL);
CREATE TABLE IF NOT EXISTS member_tag (
    corpid TEXT NOT NULL, tagid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (corpid, tagid, userid)
) WITHOUT ROWID;

-- userid: a member; external_userid: a customer, or a stranger if both are empty. consent: JSON list of fields
CREATE TABLE IF NOT EXISTS oauth_code (
    code TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, userid TEXT NOT NULL,
    external_userid TEXT NOT NULL DEFAULT '', scope TEXT NOT NULL DEFAULT 'snsapi_base',
    consent TEXT NOT NULL DEFAULT '[]', issued REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS user_ticket (
    ticket TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, userid TEXT NOT NULL,
    consent TEXT NOT NULL, issued REAL NOT NULL
);
-- agentid: 0 for the corp's ticket
CREATE TABLE IF NOT EXISTS js_ticket (
    ticket TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, issued REAL NOT NULL
);


-- members: JSON list of group_chat.member_list items; status as in groupchat/list, -1 when dismissed (at `dismissed`);
-- member_version: '' until the members change for the first time; welcome: the template that the owner chose
CREATE TABLE IF NOT EXISTS group_chat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id TEXT NOT NULL UNIQUE, corpid TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL COLLATE NOCASE,
    notice TEXT NOT NULL DEFAULT '', create_time INTEGER NOT NULL, members TEXT NOT NULL, admins TEXT NOT NULL,
    status INTEGER NOT NULL DEFAULT 0, member_version TEXT NOT NULL DEFAULT '', welcome TEXT NOT NULL DEFAULT '',
    dismissed INTEGER
);
CREATE INDEX IF NOT EXISTS group_chat_of_corp ON group_chat (corpid, id);
CREATE INDEX IF NOT EXISTS group_chat_of_owner ON group_chat (corpid, owner, id);

-- Stays that are over. Those that go on are in group_chat.members.
CREATE TABLE IF NOT EXISTS group_stay (
    chat_id TEXT NOT NULL, userid TEXT NOT NULL, join_time INTEGER NOT NULL, quit_time INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS group_stay_of_chat ON group_stay (chat_id);

-- Who owned a group until when. how: phone, resigned, onjob
CREATE TABLE IF NOT EXISTS group_owner (
    corpid TEXT NOT NULL, chat_id TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, until INTEGER NOT NULL,
    how TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS group_owner_of_chat ON group_owner (chat_id, until);
CREATE INDEX IF NOT EXISTS group_owner_of_staff ON group_owner (corpid, userid, until);

CREATE TABLE IF NOT EXISTS group_message (chat_id TEXT NOT NULL, userid TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS group_message_of_chat ON group_message (chat_id, at);

-- rooms: JSON list of the groups that were made because all were full
CREATE TABLE IF NOT EXISTS join_way (
    config_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, body TEXT NOT NULL,
    rooms TEXT NOT NULL DEFAULT '[]', joins INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS group_welcome (
    template_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, body TEXT NOT NULL
);

-- How a member stands where it is not the usual: activated, real name verified, logged in today.
-- last_login and resigned are moments of the virtual clock.
CREATE TABLE IF NOT EXISTS standing (
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, activated INTEGER NOT NULL DEFAULT 1,
    verified INTEGER NOT NULL DEFAULT 1, last_login INTEGER, resigned INTEGER, PRIMARY KEY (corpid, userid)
) WITHOUT ROWID;

-- Customers who change hands. kind: onjob, resigned; status as in transfer_result; done: when it was decided
CREATE TABLE IF NOT EXISTS transfer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, kind TEXT NOT NULL, handover TEXT NOT NULL COLLATE NOCASE,
    takeover TEXT NOT NULL COLLATE NOCASE, external_userid TEXT NOT NULL, message TEXT NOT NULL,
    asked INTEGER NOT NULL, status INTEGER NOT NULL DEFAULT 2, done INTEGER
);
CREATE INDEX IF NOT EXISTS transfer_waiting ON transfer (asked) WHERE status = 2;
CREATE INDEX IF NOT EXISTS transfer_of_pair ON transfer (corpid, handover, takeover, id);
CREATE INDEX IF NOT EXISTS transfer_of_customer ON transfer (corpid, external_userid);

-- What was written in single chats. by_staff: 1 the member wrote, 0 the customer
CREATE TABLE IF NOT EXISTS single_chat (
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, external_userid TEXT NOT NULL, at INTEGER NOT NULL,
    by_staff INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS single_chat_of_staff ON single_chat (corpid, userid, at);

-- state: pending, delivered, failed (all tries used up), lost (by the fault); due: real time, not the virtual clock;
-- drawn: its faults have been drawn
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, xml TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, drawn INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS callback_pending ON callback (corpid, agentid, due) WHERE state = 'pending';

-- What a member tells only with consent; apps made early see it, and it can be searched for.
CREATE TABLE IF NOT EXISTS staff_private (
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, mobile TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '', biz_mail TEXT NOT NULL DEFAULT '', address TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (corpid, userid)
) WITHOUT ROWID;

-- Rule groups 规则组: the members whom each covers, as a JSON list; parent 0: first level
CREATE TABLE IF NOT EXISTS strategy (
    corpid TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, parent INTEGER NOT NULL DEFAULT 0,
    userids TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (corpid, id)
);

-- Chats that end by themselves at `ends`; conclusions: what the customer gets then; began: the follow's createtime, for
-- whoever was deleted and came back otherwise has an ordinary chat
CREATE TABLE IF NOT EXISTS temp_chat (
    follow_id INTEGER PRIMARY KEY, corpid TEXT NOT NULL, began INTEGER NOT NULL DEFAULT 0, ends INTEGER NOT NULL,
    conclusions TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS temp_chat_by_end ON temp_chat (ends);

-- Acquisition links 获客链接; body as create_link has it; available: somebody of the range takes customers
CREATE TABLE IF NOT EXISTS acquisition_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link_id TEXT NOT NULL UNIQUE, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, body TEXT NOT NULL,
    created INTEGER NOT NULL, available INTEGER NOT NULL DEFAULT 1, deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS acquisition_link_of_app ON acquisition_link (corpid, agentid, id);
CREATE TABLE IF NOT EXISTS acquisition_click (link_id TEXT NOT NULL, visitor TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS acquisition_click_of_link ON acquisition_click (link_id, at);
-- accepted: NULL while the member has not accepted the application; messages: how many the customer has written
CREATE TABLE IF NOT EXISTS acquisition_customer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link_id TEXT NOT NULL, corpid TEXT NOT NULL, external_userid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE,
    state TEXT NOT NULL, asked INTEGER NOT NULL, accepted INTEGER, messages INTEGER NOT NULL DEFAULT 0,
    UNIQUE (link_id, external_userid, userid)
);
CREATE INDEX IF NOT EXISTS acquisition_customer_of_relation ON acquisition_customer (corpid, external_userid, userid);
CREATE TABLE IF NOT EXISTS acquisition_chat (
    chat_key TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, customer_id INTEGER NOT NULL,
    messages INTEGER NOT NULL, made INTEGER NOT NULL
);
-- Bought units; warned: the days before the end of which the app has been told
CREATE TABLE IF NOT EXISTS acquisition_quota (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, expires INTEGER NOT NULL, units INTEGER NOT NULL, warned INTEGER
);
CREATE INDEX IF NOT EXISTS acquisition_quota_of_corp ON acquisition_quota (corpid, expires);
CREATE TABLE IF NOT EXISTS acquisition_used (corpid TEXT PRIMARY KEY, units INTEGER NOT NULL) WITHOUT ROWID;

-- Other names of people. kind: userid or external_userid as a third-party app knows them (agentid: that app), tmp (agentid: the
-- app that met them; detail: the kind of meeting), old (from before the corp's migration)
CREATE TABLE IF NOT EXISTS alias (
    corpid TEXT NOT NULL, kind TEXT NOT NULL, agentid INTEGER NOT NULL, alias TEXT NOT NULL, ident TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '', PRIMARY KEY (corpid, kind, agentid, alias)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS call_count (
    corpid TEXT NOT NULL, endpoint TEXT NOT NULL, outcome TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (corpid, endpoint, outcome)
) WITHOUT ROWID;

-- calls in the current window of the limits that count by day or month
CREATE TABLE IF NOT EXISTS window_count (
    scope TEXT NOT NULL, who TEXT NOT NULL, endpoint TEXT NOT NULL, span TEXT NOT NULL,
    number INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (scope, who, endpoint, span)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS fault (
    name TEXT PRIMARY KEY, settings TEXT NOT NULL, draws INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Members whose new customers come without a welcome code: the console's text for them, or long away
CREATE TABLE IF NOT EXISTS greeting (
    corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, text TEXT NOT NULL, away INTEGER NOT NULL,
    PRIMARY KEY (corpid, userid)
) WITHOUT ROWID;

-- result: what the job will have done, as get_moment_task_result shows it
CREATE TABLE IF NOT EXISTS moment_job (
    jobid TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, created REAL NOT NULL, result TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS moment_job_by_time ON moment_job (corpid, created);
-- creator: '' when made through the API (by the app agentid); tags: JSON list, empty: public
CREATE TABLE IF NOT EXISTS moment (
    moment_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, agentid INTEGER NOT NULL, created REAL NOT NULL,
    creator TEXT NOT NULL DEFAULT '', content TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]',
    cancelled REAL, deleted REAL
);
CREATE INDEX IF NOT EXISTS moment_by_time ON moment (corpid, created);
CREATE TABLE IF NOT EXISTS moment_task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    moment_id TEXT NOT NULL, corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, published REAL,
    UNIQUE (moment_id, userid)
);
CREATE INDEX IF NOT EXISTS moment_task_of_staff ON moment_task (corpid, userid);
-- Whom the member chose; arrived: who of them can see it
CREATE TABLE IF NOT EXISTS moment_viewer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    moment_id TEXT NOT NULL, corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, external_userid TEXT NOT NULL,
    arrived INTEGER NOT NULL, UNIQUE (moment_id, userid, external_userid)
);
CREATE INDEX IF NOT EXISTS moment_viewer_of_customer ON moment_viewer (corpid, external_userid);
-- kind: comment or like; by_customer or by_staff is empty
CREATE TABLE IF NOT EXISTS moment_reaction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    moment_id TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, kind TEXT NOT NULL,
    by_customer TEXT NOT NULL, by_staff TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS moment_reaction_of_post ON moment_reaction (moment_id, userid);
