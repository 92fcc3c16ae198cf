CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS corp (
    corpid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    quota_policy TEXT NOT NULL DEFAULT 'month',
    settings TEXT NOT NULL DEFAULT '{}'
);

-- customer_api: in 客户联系's list of apps; departments, userids: the visible range as JSON lists, both empty: everybody;
-- trusted_ips: a JSON list, empty: any. The corp's first app has position 0.
CREATE TABLE IF NOT EXISTS app (
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, position INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '',
    secret TEXT NOT NULL, token TEXT NOT NULL, aes_key TEXT NOT NULL, callback_url TEXT NOT NULL DEFAULT '',
    customer_api INTEGER NOT NULL DEFAULT 1, departments TEXT NOT NULL DEFAULT '[]',
    userids TEXT NOT NULL DEFAULT '[]', trusted_ips TEXT NOT NULL DEFAULT '[]',
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

CREATE TABLE IF NOT EXISTS follow_tag (
    follow_id INTEGER NOT NULL, tag_id TEXT NOT NULL, PRIMARY KEY (follow_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS follow_of_tag ON follow_tag (tag_id);

-- agentid: the app that made it; 0: an admin in the console. Read-only for all other apps
CREATE TABLE IF NOT EXISTS tag_group (
    id TEXT PRIMARY KEY, corpid TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0,
    create_time INTEGER NOT NULL, agentid INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0
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
    asked TEXT NOT NULL DEFAULT '[]'
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
CREATE TABLE IF NOT EXISTS reminder (msgid TEXT NOT NULL, at REAL NOT NULL);

-- What customers' phones received. The record that everything else is measured against; rows are never changed.
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, external_userid TEXT NOT NULL, userid TEXT NOT NULL, at REAL NOT NULL,
    kind TEXT NOT NULL, msgid TEXT NOT NULL DEFAULT '', chat_id TEXT NOT NULL DEFAULT '', content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS received_by_customer ON received (corpid, external_userid, kind, at);

CREATE TABLE IF NOT EXISTS media (
    media_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, kind TEXT NOT NULL, filename TEXT NOT NULL,
    content_type TEXT NOT NULL, data BLOB NOT NULL, created INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS app_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, at REAL NOT NULL,
    msgid TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS app_message_of_staff ON app_message (corpid, userid, at);

CREATE TABLE IF NOT EXISTS oauth_code (
    code TEXT PRIMARY KEY, corpid TEXT NOT NULL, userid TEXT NOT NULL, issued REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
);

-- members: JSON list of group_chat.member_list items; status as in groupchat/list
CREATE TABLE IF NOT EXISTS group_chat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id TEXT NOT NULL UNIQUE, corpid TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL COLLATE NOCASE,
    notice TEXT NOT NULL DEFAULT '', create_time INTEGER NOT NULL, members TEXT NOT NULL, admins TEXT NOT NULL,
    status INTEGER NOT NULL DEFAULT 0
);

-- state: pending, delivered, failed (all tries used up), lost (by the fault); due: real time, not the virtual clock;
-- drawn: its faults have been drawn
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, xml TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, drawn INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS callback_pending ON callback (corpid, agentid, due) WHERE state = 'pending';

CREATE TABLE IF NOT EXISTS call_count (
    corpid TEXT NOT NULL, endpoint TEXT NOT NULL, outcome TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (corpid, endpoint, outcome)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS fault (
    name TEXT PRIMARY KEY, settings TEXT NOT NULL, draws INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
