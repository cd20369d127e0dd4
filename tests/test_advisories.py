"""The audit of dependencies never takes silence for safety."""

from tests.advisories import UNANSWERED, UNSAFE, Answer

SAFE = {"name": "rich", "version": "15.0.0", "vulns": []}
UNASKED = {
    "name": "six",
    "skip_reason": "Dependency not found on PyPI and could not be audited: six (1.17.0)",
}
FAULTY = {
    "name": "aiohttp",
    "version": "3.9.0",
    "vulns": [
        {"id": "PYSEC-2024-24", "fix_versions": ["3.9.2"]},
        {"id": "PYSEC-2024-26", "fix_versions": []},
    ],
}


def _told(*packages):
    return Answer.of({"dependencies": list(packages), "fixes": []}).told()


def test_all_answered_and_nothing_known_is_success():
    assert _told(SAFE) == (0, "No advisory is known for any of 1 pinned packages.")


def test_a_package_nobody_answered_for_is_a_failure_with_the_next_step():
    status, told = _told(SAFE, UNASKED)
    assert status == UNANSWERED
    assert all(said in told for said in ("1 of 2 packages", "six", "make audit SERVICE=osv"))


def test_what_is_known_is_said_with_the_version_that_mends_it():
    status, told = _told(SAFE, UNASKED, FAULTY)
    assert status == UNSAFE
    assert told.splitlines()[:2] == [
        "aiohttp 3.9.0: PYSEC-2024-24, mended in 3.9.2",
        "aiohttp 3.9.0: PYSEC-2024-26, not mended yet",
    ]
