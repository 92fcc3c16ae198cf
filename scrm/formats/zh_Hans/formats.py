"""How numbers and short dates look in Chinese, where Django's choice (no grouping, 年月日) does not suit tables."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
