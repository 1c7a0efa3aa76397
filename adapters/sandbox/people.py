"""Made-up people in four scripts, each a function of the seed and the customer's number in the source."""

# ruff: noqa: RUF001 - the letters are the point
from __future__ import annotations

from typing import NamedTuple

from adapters.sandbox.draw import draw, pick, weighted


class Person(NamedTuple):
    number: int
    first: str
    last: str
    email: str  # lower case, as the person would write it
    phone: str  # E.164
    country: str  # ISO 3166-1 alpha-2
    city: str
    street: str
    postcode: str
    locale: str


class Script(NamedTuple):
    firsts: tuple[tuple[str, str], ...]  # as written, and in Latin letters for the address
    lasts: tuple[tuple[str, str], ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    country: str
    dial: str
    locale: str


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((native, latin or native.lower()) for native, _, latin in (each.partition("/") for each in text.split()))


LATIN = Script(
    _pairs(
        "Ada Ben Cleo Dora Edgar Fiona George Hannah Ivor Judith Kit Laura Marcus Nora Oscar Penny Ruth Simon "
        "Tessa Victor Zoë/zoe"
    ),
    _pairs(
        "Archer Bennett Clarke Dawson Ellis Fletcher Graham O'Neil/oneil Irwin Jennings Knight Lowe Marsh "
        "Nash Owens Pryce Quinn Reeves Müller/muller"
    ),
    ("London", "Leeds", "Bristol", "Norwich", "Glasgow", "Cardiff"),
    ("Mill Lane", "High Street", "Station Road", "Church Walk", "Orchard Close"),
    "GB", "+4477009", "en-GB",
)  # fmt: skip
TURKISH = Script(
    _pairs(
        "Ayşe/ayse Çağla/cagla Gülşen/gulsen Işıl/isil İpek/ipek Mehmet Ömer/omer Şebnem/sebnem Tuğba/tugba "
        "Uğur/ugur Zeynep Deniz Oğuz/oguz"
    ),
    _pairs(
        "Aydın/aydin Çelik/celik Demir Işık/isik Kılıç/kilic Öztürk/ozturk Şahin/sahin Yıldız/yildiz "
        "Güneş/gunes Arslan Doğan/dogan"
    ),
    ("İstanbul", "Ankara", "İzmir", "Eskişehir", "Muğla"),
    ("Bağdat Caddesi", "Çınar Sokak", "Gül Sokak", "İstiklal Caddesi"),
    "TR", "+9055501", "tr-TR",
)  # fmt: skip
CYRILLIC = Script(
    _pairs(
        "Анна/anna Борис/boris Вера/vera Дмитрий/dmitri Ёлка/yolka Жанна/zhanna Илья/ilya Катя/katya "
        "Олег/oleg Софья/sofya Юлия/yulia Фёдор/fyodor"
    ),
    _pairs(
        "Иванов/ivanov Щербаков/shcherbakov Петров/petrov Соловьёв/solovyov Жуков/zhukov Цветков/tsvetkov "
        "Орлов/orlov Чехов/chekhov"
    ),
    ("Москва", "Казань", "Пермь", "Томск"),
    ("улица Ленина", "Садовая улица", "Речной переулок"),
    "RU", "+7999010", "ru-RU",
)  # fmt: skip
PERSIAN = Script(
    _pairs(
        "زهرا/zahra علی/ali مریم/maryam رضا/reza شیرین/shirin کاوه/kaveh پروانه/parvaneh نیما/nima سارا/sara "
        "آرش/arash"
    ),
    _pairs(
        "کریمی/karimi حسینی/hosseini رستمی/rostami احمدی/ahmadi گلستانی/golestani صادقی/sadeghi یزدی/yazdi"
    ),
    ("تهران", "شیراز", "اصفهان", "تبریز"),
    ("خیابان حافظ", "خیابان سعدی", "کوچه بهار"),
    "IR", "+9891201", "fa-IR",
)  # fmt: skip

SCRIPTS = ((LATIN, 0.52), (TURKISH, 0.18), (CYRILLIC, 0.15), (PERSIAN, 0.15))
DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.test")

COUNTRIES = {
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Spain": "ES", "Netherlands": "NL", "Belgium": "BE",
    "Switzerland": "CH", "Portugal": "PT", "Australia": "AU", "Norway": "NO", "Italy": "IT", "Channel Islands": "JE",
    "Finland": "FI",
    "Cyprus": "CY", "Sweden": "SE", "Austria": "AT", "Denmark": "DK", "Japan": "JP", "Poland": "PL", "Israel": "IL", "USA": "US",
    "Hong Kong": "HK", "Singapore": "SG", "Iceland": "IS", "Canada": "CA", "Greece": "GR", "Malta": "MT", "Czech Republic": "CZ",
    "Lithuania": "LT", "United Arab Emirates": "AE", "Lebanon": "LB", "Brazil": "BR", "Bahrain": "BH", "Saudi Arabia": "SA",
    "RSA": "ZA",
}  # fmt: skip


def person(seed: int, number: int, country: str) -> Person:
    """``country`` is the source's name of it; people with Latin names keep it."""
    script = weighted(SCRIPTS, seed, "script", number)
    first, first_latin = pick(script.firsts, seed, "first", number)
    last, last_latin = pick(script.lasts, seed, "last", number)
    home = COUNTRIES.get(country, "GB") if script is LATIN else script.country
    house = 1 + int(draw(seed, "house", number) * 240)
    return Person(
        number=number,
        first=first,
        last=last,
        email=f"{first_latin}.{last_latin}.{number}@{pick(DOMAINS, seed, 'domain', number)}",
        phone=f"{script.dial}{number % 100_000:05d}",
        country=home,
        city=pick(script.cities, seed, "city", number),
        street=f"{house} {pick(script.streets, seed, 'street', number)}",
        postcode=f"{10_000 + int(draw(seed, 'postcode', number) * 89_999)}",
        locale=script.locale,
    )
