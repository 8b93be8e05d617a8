"""What a worker measures of its own work; eip.metrics.definitions says what each means."""

from eip.metrics import definitions
from eip.metrics.make import counter, gauge, histogram
from eip.names import Action, Step
from workers.alive import PULSE
from workers.aws.verdicts import Verdict

OK = "ok"
STEP_OUTCOMES = ("done", "again", "failed", "parked", "nothing", "given-up", "crashed")
SWEEP_OUTCOMES = ("done", "put-off")

POD_ADDRESS_READY = histogram(definitions.POD_ADDRESS_READY_SECONDS)
FREED_IP_HELD = histogram(definitions.FREED_IP_HELD_SECONDS)
STEPS = counter(definitions.STEPS)
STEP_DURATION = histogram(definitions.STEP_DURATION_SECONDS)
TOKEN_WAIT = histogram(definitions.TOKEN_WAIT)
TOKEN_REFUSALS = counter(definitions.TOKEN_REFUSALS)
EC2_CALLS = counter(definitions.EC2_CALLS)
EC2_CALL_DURATION = histogram(definitions.EC2_CALL_SECONDS)
SWEEPS = counter(definitions.SWEEPS)
SWEPT_AT = gauge(definitions.SWEPT_AT)
SLOTS = gauge(definitions.SLOTS)
SLOTS_BUSY = gauge(definitions.SLOTS_BUSY)

SLOTS.set_function(lambda: PULSE.slots)
SLOTS_BUSY.set_function(lambda: len(PULSE.tasks))

# A series that begins with its first event hides that event from rate().
for _outcome in SWEEP_OUTCOMES:
    SWEEPS.labels(_outcome)
for _step in Step:
    STEP_DURATION.labels(_step.value)
    for _outcome in STEP_OUTCOMES:
        STEPS.labels(_step.value, _outcome)
for _action in Action:
    TOKEN_WAIT.labels(_action.value)
    TOKEN_REFUSALS.labels(_action.value)
    EC2_CALL_DURATION.labels(_action.value)
    for _outcome in (OK, *Verdict):
        EC2_CALLS.labels(_action.value, _outcome)
