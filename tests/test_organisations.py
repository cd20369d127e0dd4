"""Which organisation an address belongs to."""

import tldextract

from auditor.people import organisation_of

SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


def test_the_short_way_agrees_with_the_list_of_public_suffixes():
    for rule in SUFFIXES.tlds:
        suffix = rule.replace("*.", "any.").replace("!", "")
        for domain in (
            f"acme.{suffix}",
            f"blue-lake.{suffix}",
            f"mail.acme.{suffix}",
            suffix,
            f"www.{suffix}",
        ):
            expected = SUFFIXES(domain).top_domain_under_public_suffix or domain
            assert organisation_of(f"ann@{domain}") == expected, domain


def test_free_mail_is_an_organisation_each():
    assert organisation_of("ann@gmail.com") == "ann@gmail.com"
    assert organisation_of("ann@mail.acme.co.uk") == "acme.co.uk"
    assert organisation_of("ann@acme.example") == "acme.example"
