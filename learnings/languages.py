"""What the parts of a record are called in other languages than English.

Each table has a line for a language, by its code in ISO 639-1, with words in lower
case. It reads nothing.
"""

import re

from learnings.model import Status


def _words(table: str) -> tuple[str, ...]:
    rows = (row.partition(":")[2] for row in table.strip().split("\n"))
    return tuple(word.strip() for row in rows for word in row.split(","))


OUTCOME = _words("""
    de: entscheidung, entscheidungsergebnis, ergebnis der entscheidung
    fr: décision, résultat de la décision
    es: decisión, resultado de la decisión
    pt: decisão, resultado da decisão
    it: decisione, esito della decisione
    nl: besluit, beslissing
    pl: decyzja
    ru: решение
    zh: 决策, 决定, 決策
    ja: 決定, 決定事項
    ko: 결정, 결정 사항
""")
BACKGROUND = _words("""
    de: kontext, kontext und problemstellung, hintergrund
    fr: contexte, contexte et problème, contexte et énoncé du problème
    es: contexto, contexto y problema, contexto y planteamiento del problema
    pt: contexto e problema, contexto e declaração do problema
    it: contesto, contesto e problema
    nl: achtergrond
    pl: kontekst
    ru: контекст
    zh: 背景, 上下文
    ja: コンテキスト
    ko: 배경, 맥락, 컨텍스트
""")
STATUS = _words("""
    fr: statut
    es: estado
    it: stato
    ru: статус
    zh: 状态, 狀態
    ja: ステータス, 状態
    ko: 상태
""")
DATE = _words("""
    de: datum
    es: fecha
    pt: data
    ru: дата
    zh: 日期
    ja: 日付
    ko: 날짜, 일자
""")
_STATUSES = {
    Status.SUPERSEDED: _words("""
        de: ersetzt, abgelöst
        fr: remplacé
        es: reemplazad, sustituid
        pt: substituíd
        it: sostituit
        nl: vervangen
        pl: zastąpion
        ru: заменен
        zh: 取代, 替代
        ja: 置き換え
        ko: 대체
    """),
    Status.DEPRECATED: _words("""
        de: veraltet
        fr: obsolète, déprécié
        es: obsolet
        nl: verouderd
        pl: przestarzał
        ru: устарел
        zh: 弃用, 废弃
        ja: 非推奨, 廃止
        ko: 폐기
    """),
    Status.REJECTED: _words("""
        de: abgelehnt, verworfen
        fr: rejeté, refusé
        es: rechazad
        pt: rejeitad, recusad
        it: rifiutat, respint
        nl: afgewezen
        pl: odrzucon
        ru: отклонен
        zh: 拒绝, 否决
        ja: 却下, 拒否
        ko: 거부, 반려
    """),
    Status.PROPOSED: _words("""
        de: vorgeschlagen, entwurf
        fr: proposé, brouillon
        es: propuest, borrador
        pt: propost, rascunho
        it: bozza
        nl: voorgesteld, concept
        pl: proponowan
        ru: предложен, черновик
        zh: 提议, 提案, 草案
        ja: 提案, ドラフト
        ko: 제안, 초안
    """),
    Status.ACCEPTED: _words("""
        de: angenommen, akzeptiert, beschlossen
        fr: accepté, adopté, approuvé
        es: aceptad, aprobad
        pt: aceit, aprovad
        it: accettat, approvat
        nl: geaccepteerd, aanvaard
        pl: zaakceptowan, przyjęt
        ru: принят
        zh: 接受, 采纳, 通过
        ja: 承認, 採用, 採択
        ko: 승인, 채택
    """),
}
# The beginnings of the months' names; one that begins another one stands behind it.
_MONTHS = {
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "de": "jan feb mär apr mai jun jul aug sep okt nov dez",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
    "pt": "jan fev mar abr mai jun jul ago set out nov dez",
    "it": "gen feb mar apr mag giu lug ago set ott nov dic",
    "nl": "jan feb maart apr mei jun jul aug sep okt nov dec",
    "pl": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "ru": "янв фев мар апр ма июн июл авг сен окт ноя дек",
}
_BY_MONTH = {
    name: number
    for names in _MONTHS.values()
    for number, name in enumerate(names.split(), 1)
}
_CJK = "\u2e80"  # from here on no blanks part the words


def month(name: str) -> int:
    """Return the number of the month that is named in one of these languages, or 0."""
    lower = name.lower()
    known = (x for x in sorted(_BY_MONTH, key=len, reverse=True) if lower.startswith(x))
    return _BY_MONTH.get(next(known, ""), 0)


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match a word that begins so: its end is that of a gender or number."""
    return re.compile("|".join(x if x[0] >= _CJK else rf"\b{x}" for x in words))


_PATTERNS = {status: _pattern(words) for status, words in _STATUSES.items()}


def status_in(words: str) -> Status | None:
    """Return the status that the words say in one of these languages."""
    lower = words.lower()
    return next((x for x, form in _PATTERNS.items() if form.search(lower)), None)
