"""Chinese names of people who do not exist."""

from wecom.sandbox import chance

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
FEMALE = [
    "婷",
    "静",
    "雅琴",
    "丽华",
    "欣怡",
    "梦瑶",
    "诗涵",
    "雨桐",
    "佳怡",
    "晓燕",
    "思琪",
    "慧敏",
    "秀兰",
    "晨曦",
    "子涵",
    "可欣",
    "若曦",
    "玉兰",
    "海燕",
    "小红",
    "巧玲",
    "美琳",
    "一诺",
    "芷若",
    "书瑶",
]
MALE = [
    "伟",
    "强",
    "建国",
    "志明",
    "浩然",
    "子轩",
    "俊杰",
    "宇航",
    "文博",
    "国庆",
    "海涛",
    "家豪",
    "天佑",
    "明远",
    "一鸣",
    "晓东",
    "泽宇",
    "嘉诚",
    "少华",
    "立新",
    "博文",
    "思远",
    "大勇",
    "振华",
    "小龙",
]
NICKNAMES = [
    "小确幸",
    "向阳花",
    "柠檬不酸",
    "晚风",
    "A阳光建材",
    "豆豆妈妈",
    "静待花开",
    "奔跑的蜗牛",
    "Luna🌙",
    "云淡风轻",
    "橙子汽水",
    "Mr.Right",
    "一只猫",
    "南风知我意",
    "CoCo",
    "福气满满🍀",
]


def person(*seed: object) -> tuple[int, str]:
    """(gender, name): mostly a full name, now and then a nickname, as in any WeChat list."""
    draw = chance.uniform(*seed, "kind")
    if draw < 0.12:
        return 0, chance.choose(NICKNAMES, *seed, "nickname")
    surname = chance.choose(SURNAMES, *seed, "surname")
    given = FEMALE if draw < 0.6 else MALE
    return (2 if given is FEMALE else 1), surname + chance.choose(given, *seed, "given")
