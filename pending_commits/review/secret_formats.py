"""The formats of secrets that tell themselves apart by a prefix or a frame.

It takes a text apart by rules; it reads no file, asks nobody, and keeps no text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from pending_commits.review import made_up

_WORD = "[A-Za-z0-9]"
_SAFE = "[A-Za-z0-9_-]"
_HEX = "[0-9a-f]"
_BASE64 = "[A-Za-z0-9+/]"
# A token begins a word, or follows an escape or a percent code that ends in a letter.
_START = rf"(?:(?<!{_SAFE})|(?<=\\[nrtf])|(?<=%[0-9A-Fa-f]{{2}}))"
_END = f"(?!{_WORD})"
# Three digits in Base64: ids of Discord, in decimal, begin its tokens.
_DIGITS = "[MNO][DTjz][AEIMQUYcgk][w-z0-5]"

# Kind, prefixes, what follows. A prefix is found before anything is matched, so that
# much text costs little; quantifiers have bounds, so that no text costs much.
_PREFIXED = (
    # AWS, IAM user guide, "IAM identifiers": of a user; of a session
    ("aws-access-key", "AKIA ASIA", "[A-Z2-7]{16}"),
    # GitHub docs, "GitHub's token formats"
    ("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", f"{_WORD}{{36,251}}"),
    ("github-token", "github_pat_", f"{_WORD}{{22}}_{_WORD}{{59}}"),
    # GitLab docs, "GitLab token overview"
    (
        "gitlab-token",
        "glpat- gldt- glrt- glptt- glsoat- gloas- glagent- glcbt- glft- glimt-",
        rf"{_SAFE}{{20,300}}(?:\.[0-9a-z]{{2}}\.[0-9a-z]{{9}})?",
    ),
    # GitHub blog, 2021, on npm's tokens; Warehouse on its macaroons; RubyGems guides
    ("npm-token", "npm_", f"{_WORD}{{36}}"),
    ("pypi-token", "pypi-AgE", f"{_SAFE}{{60,500}}"),
    ("rubygems-key", "rubygems_", f"{_HEX}{{48}}"),
    ("docker-token", "dckr_pat_ dckr_oat_", f"{_SAFE}{{27,40}}"),
    # Claude API docs, "Authentication"; Hugging Face docs, "User access tokens"
    ("anthropic-key", "sk-ant-", f"[a-z]{{3,8}}[0-9]{{2}}-{_SAFE}{{40,160}}"),
    # OpenAI's keys, old and new, have its name in Base64 in their middle
    (
        "openai-key",
        "sk-",
        f"(?:(?:proj|svcacct|admin)-)?{_SAFE}{{20,100}}T3BlbkFJ{_SAFE}{{20,120}}",
    ),
    ("huggingface-token", "hf_", f"{_WORD}{{34,40}}"),
    ("replicate-token", "r8_", f"{_WORD}{{37}}"),
    ("groq-key", "gsk_", f"{_WORD}{{52}}"),
    ("xai-key", "xai-", f"{_WORD}{{80}}"),
    ("openrouter-key", "sk-or-v1-", f"{_HEX}{{64}}"),
    # Google Cloud docs, "Manage API keys" and "OAuth 2.0"
    ("google-api-key", "AIza", f"{_SAFE}{{35}}"),
    ("google-client-secret", "GOCSPX-", f"{_SAFE}{{28}}"),
    ("google-access-token", "ya29.", f"{_SAFE}{{60,1000}}"),
    # Slack docs, "Token types" and "Sending messages using incoming webhooks"
    (
        "slack-token",
        "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxc- xoxd- xapp-",
        "[A-Za-z0-9-]{24,200}",
    ),
    (
        "slack-webhook",
        "hooks.slack.com/services/",
        f"T{_WORD}{{7,11}}/B{_WORD}{{7,11}}/{_WORD}{{18,40}}",
    ),
    # Discord docs, "Webhook resource": a snowflake and a token
    (
        "discord-webhook",
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
        f"[0-9]{{17,20}}/{_SAFE}{{60,80}}",
    ),
    # Stripe docs, "API keys"; those for tests move no money and are let pass
    ("stripe-key", "sk_live_ rk_live_", f"{_WORD}{{24,120}}"),
    ("stripe-webhook-secret", "whsec_", f"{_BASE64}{{32,64}}"),
    ("square-token", "sq0atp- sq0csp-", f"{_SAFE}{{22,43}}"),
    # Shopify's developer changelog, 2020, on the length of tokens
    ("shopify-token", "shpat_ shpca_ shppa_ shpss_", "[0-9A-Fa-f]{32}"),
    # Twilio docs: SendGrid, "API keys"; Twilio, "API keys"
    ("sendgrid-key", "SG.", rf"{_SAFE}{{22}}\.{_SAFE}{{43}}"),
    ("twilio-api-key", "SK", f"{_HEX}{{32}}"),
    ("mailgun-key", "key-", f"{_HEX}{{32}}"),
    ("brevo-key", "xkeysib-", f"{_HEX}{{64}}-{_WORD}{{16}}"),
    # DigitalOcean API reference: personal, of an application, to refresh
    ("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", f"{_HEX}{{64}}"),
    ("databricks-token", "dapi", f"{_HEX}{{32}}(?:-[0-9])?"),
    # Vault docs, "Tokens": service, batch, recovery
    ("vault-token", "hvs. hvb. hvr.", f"{_SAFE}{{24,300}}"),
    ("grafana-token", "glsa_", f"{_WORD}{{32}}_[0-9A-Fa-f]{{8}}"),
    ("new-relic-key", "NRAK-", "[0-9A-Z]{27}"),
    ("sentry-token", "sntrys_eyJ", f"{_BASE64}{{60,500}}"),
    ("postman-key", "PMAK-", f"{_HEX}{{24}}-{_HEX}{{34}}"),
    ("pulumi-token", "pul-", f"{_HEX}{{40}}"),
    ("planetscale-password", "pscale_pw_ pscale_tkn_", f"{_SAFE}{{32,64}}"),
    ("supabase-token", "sbp_", f"{_HEX}{{40}}"),
    ("doppler-token", "dp.pt. dp.sa. dp.ct.", f"{_WORD}{{40,44}}"),
    ("tailscale-key", "tskey-", f"[a-z]{{3,10}}-{_WORD}{{8,20}}-{_WORD}{{20,40}}"),
    ("heroku-key", "HRKU-", f"{_SAFE}{{36,64}}"),
    ("linear-key", "lin_api_", f"{_WORD}{{40}}"),
    ("notion-token", "ntn_", f"{_WORD}{{40,50}}"),
    ("figma-token", "figd_", f"{_SAFE}{{40,60}}"),
    ("atlassian-token", "ATATT3", "[A-Za-z0-9_=-]{150,250}"),
    # C2SP, "age": Bech32 in capitals; PuTTY manual, appendix on its key files
    ("age-secret-key", "AGE-SECRET-KEY-1", "[02-9AC-HJ-NP-Z]{58}"),
    # RFC 7515 and 7519, compact and signed; an unsigned one is no secret
    ("jwt", "eyJ", rf"{_SAFE}{{8,500}}\.eyJ{_SAFE}{{8,4000}}\.{_SAFE}{{20,1000}}"),
)

# Kind, what is found, how many characters before it count, and all of it.
_FRAMED = (
    # Telegram Bot API, "Authorizing your bot": an id, a colon, 35 characters
    ("telegram-bot-token", ":AA", 8, f"[0-9]{{8}}:AA{_SAFE}{{33}}"),
    # Discord docs, "Authentication": id, time, code
    (
        "discord-bot-token",
        ".",
        24,
        rf"(?:{_DIGITS}){{6}}\.{_SAFE}{{6}}\.{_SAFE}{{27,38}}",
    ),
    (
        "discord-bot-token",
        ".",
        26,
        rf"(?:{_DIGITS}){{6}}[MNO][AQgwDTjz]\.{_SAFE}{{6}}\.{_SAFE}{{27,38}}",
    ),
    # Azure docs, "Storage connection strings", "Service SAS", "Service Bus"; the
    # client secrets of Entra have a digit and these two characters in their middle
    ("azure-storage-key", "AccountKey=", 0, f"AccountKey={_BASE64}{{86}}=="),
    ("azure-shared-key", "SharedAccessKey=", 0, f"SharedAccessKey={_BASE64}{{43}}="),
    ("azure-sas", "sig=", 1, "[?&]sig=(?:[A-Za-z0-9]|%2[BbFf]){43}%3[Dd]"),
    ("azure-client-secret", "Q~", 4, r"[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}"),
    ("mailchimp-key", "-us", 32, f"{_HEX}{{32}}-us[0-9]{{1,2}}"),
    ("terraform-token", ".atlasv1.", 14, rf"{_WORD}{{14}}\.atlasv1\.{_SAFE}{{60,80}}"),
)

KINDS = frozenset(x[0] for x in (*_PREFIXED, *_FRAMED))


@dataclass(frozen=True, slots=True)
class Sighting:
    """A secret in a text and where it begins; no representation shows its value."""

    kind: str
    at: int
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretFormat:
    """All of `pattern` is a secret; it begins `before` characters before `anchor`."""

    kind: str
    anchor: str
    before: int
    pattern: re.Pattern[str]


def of_text(text: str) -> Iterator[Sighting]:
    """Yield each token of a text, those left out that are examples by their look."""
    for form in _formats():
        at = text.find(form.anchor)
        while at >= 0:
            match = form.pattern.match(text, max(at - form.before, 0))
            if match and not made_up.is_example(match[0]):
                yield Sighting(form.kind, match.start(), match[0])
            at = text.find(form.anchor, at + 1)


@cache
def _formats() -> tuple[SecretFormat, ...]:
    """Return the formats; they are compiled only where something is searched."""
    prefixed = (
        (kind, prefix, 0, re.escape(prefix) + rest)
        for kind, prefixes, rest in _PREFIXED
        for prefix in prefixes.split()
    )
    return tuple(
        SecretFormat(kind, anchor, before, re.compile(_START + pattern + _END))
        for kind, anchor, before, pattern in (*prefixed, *_FRAMED)
    )
