"""Set-up of every test run: no telemetry, no setting of the user's, and pytest's summary as the last line."""

import os

from flows.teardown import silence_teardown

silence_teardown()

for name in [name for name in os.environ if name.startswith(("CCHC_", "PREFECT_"))]:
    del os.environ[name]
os.environ.update(
    DO_NOT_TRACK="1",
    GX_ANALYTICS_ENABLED="false",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",
)

pytest_plugins = ["tests.night_homes"]
