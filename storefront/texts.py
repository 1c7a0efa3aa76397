"""What the shoppers' pages say, in each language."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "tr", "ru", "fa")
RIGHT_TO_LEFT = {"fa"}

UNSUBSCRIBE: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Mails from {shop}",
        "question": "Do you want to stop getting offers by mail from {shop}?",
        "unsubscribe": "Unsubscribe",
        "done": "You are unsubscribed. {shop} will send you no more offers by mail.",
        "undo": "That was a mistake, subscribe me again",
        "undone": "You are subscribed again.",
        "unknown": "This link is not valid.",
    },
    "tr": {
        "title": "{shop} e-postaları",
        "question": "{shop} mağazasından e-posta ile teklif almayı bırakmak istiyor musunuz?",
        "unsubscribe": "Abonelikten çık",
        "done": "Abonelikten çıktınız. {shop} size artık e-posta ile teklif göndermeyecek.",
        "undo": "Yanlışlıkla oldu, beni yeniden abone yap",
        "undone": "Yeniden abone oldunuz.",
        "unknown": "Bu bağlantı geçerli değil.",
    },
    "ru": {
        "title": "Письма от {shop}",
        "question": "Вы хотите больше не получать предложения от {shop} по почте?",
        "unsubscribe": "Отписаться",
        "done": "Вы отписались. {shop} больше не будет присылать вам предложения.",
        "undo": "Это ошибка, подпишите меня снова",
        "undone": "Вы снова подписаны.",
        "unknown": "Эта ссылка недействительна.",
    },
    "fa": {
        "title": "ایمیل‌های {shop}",
        "question": "می‌خواهید دیگر پیشنهادهای {shop} را با ایمیل دریافت نکنید؟",
        "unsubscribe": "لغو اشتراک",
        "done": "اشتراک شما لغو شد. {shop} دیگر پیشنهادی برایتان ایمیل نمی‌کند.",
        "undo": "اشتباه شد، دوباره مشترکم کنید",
        "undone": "دوباره مشترک شدید.",
        "unknown": "این پیوند معتبر نیست.",
    },
}


def language(*locales: str) -> str:
    """The first of ``locales`` ("tr-TR", "fa_IR", "") that is one of ours, else English."""
    for locale in locales:
        found = locale.replace("_", "-").split("-", maxsplit=1)[0].lower()
        if found in LANGUAGES:
            return found
    return "en"
