"""What every test stands on: one hypothesis profile that repeats itself, one that explores.

Knows nothing of the product; builders of its values are in tests/builders.py.
"""

from hypothesis import HealthCheck, settings

# The suite must give the same verdict twice on one commit; a deadline would judge the machine.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# pytest --hypothesis-profile=explore looks where the suite has not; a find comes back as a test.
settings.register_profile(
    "explore",
    derandomize=False,
    deadline=None,
    print_blob=True,
    max_examples=2_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
