"""Commands that are killed at random moments; `tools/kill_suite.py` kills many more."""

import pytest

from tools.fault_injection.kill import Campaign, FaultError
from tools.fault_injection.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    log = []
    return Campaign(tmp_path_factory.mktemp("kills") / "campaign", 7, log.append, ["run", "fit"])


def test_a_killed_command_ends_as_an_undisturbed_one(campaign):
    campaign.round("run", most=2)
    assert campaign.tally.rounds["run"] == 1
    assert campaign.tally.bytes > 1000


def test_a_difference_is_found(campaign, monkeypatch):
    name = "fit"
    wanted = campaign._undisturbed(SCENARIOS[name])
    key = next(iter(wanted))
    monkeypatch.setitem(campaign._known, name, {**wanted, key: wanted[key] + b"x"})
    with pytest.raises(FaultError, match="differs"):
        campaign.round(name, most=0)
