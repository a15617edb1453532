"""What a config says, as objects that do not change."""

from dataclasses import FrozenInstanceError, replace

import pytest

from greenlight_films.studies.settings.film_cli import read_settings


def test_settings_are_copied_with_changes_and_stay_as_they_are(study_config):
    settings = read_settings(["--config", str(study_config)])
    other = replace(settings, training=settings.training.with_trainer(max_epochs=1))
    assert (settings.training.trainer["max_epochs"], other.training.trainer["max_epochs"]) == (4, 1)
    assert other.model is settings.model
    with pytest.raises(FrozenInstanceError):
        settings.name = "other"
